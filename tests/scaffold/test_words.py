"""A new service's words are those that its team would have written."""

from __future__ import annotations

import pytest

from scaffold.__main__ import ROOT, taken_prefixes, template_files
from scaffold.words import Unusable, Words, plural, singular


@pytest.mark.parametrize(
    ("many", "one"),
    [("contracts", "contract"), ("price-lists", "price-list"), ("policies", "policy"), ("boxes", "box")],
)
def test_what_a_service_keeps_is_guessed_from_its_name_in_the_plural(many: str, one: str) -> None:
    assert (singular(many), plural(one)) == (one, many)


@pytest.mark.parametrize("name", ["shipping", "status", "access"])
def test_a_name_that_is_no_plural_asks_what_it_keeps(name: str) -> None:
    with pytest.raises(Unusable, match=f"What does {name} keep"):
        Words.of(name, None, taken=())
    assert Words.of(name, "shipment", taken=()).things == "shipments"


@pytest.mark.parametrize("name", ["Contracts", "con_tracts", "-contracts", "contracts-", "9lives", "x" * 31, "json"])
def test_a_name_that_aws_or_python_cannot_take_is_refused_by_what_is_wrong_with_it(name: str) -> None:
    with pytest.raises(Unusable, match=f"NAME={name}"):
        Words.of(name, "thing", taken=())


def test_ids_begin_like_the_thing_and_like_no_other_ids() -> None:
    assert Words.of("contracts", None, taken={"cus"}).prefix == "con"
    assert Words.of("contracts", None, taken={"con", "cot"}).prefix == "cor"
    with pytest.raises(Unusable, match="THING=ox"):
        Words.of("oxen", "ox", taken=())


def test_the_houses_own_prefixes_are_known() -> None:
    assert {"cus", "tkt", "inv", "pay", "crn", "evt", "drp"} <= set(taken_prefixes(ROOT))


def test_every_form_of_a_word_is_replaced_and_nothing_of_the_template_is_left() -> None:
    words = Words.of("price-lists", None, taken=())
    text = "work-shop work_shop WorkShop spare_part.py SparePart spare parts Spare part SPARE_PART"
    written = "price-lists price_lists PriceLists price_list.py PriceList price lists Price list PRICE_LIST"
    assert words.replace(text) == written
    texts = {path: words.replace(path.read_text()).lower() for path in template_files()}
    assert [path for path, text in texts.items() if "spare" in text or "shop" in text] == []
