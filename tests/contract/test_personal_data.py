"""What is personal in an event is marked in its contract, and no consumer that keeps events for ever keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.contexts import CONTRACTS, module
from tests.contract.test_contracts import fields

FILES = sorted(CONTRACTS.glob("*/*.json"))
each_contract = pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])

SUSPECT = re.compile(
    r"(^|_)(name|mail|email|phone|fax|street|city|postal_code|address|company|birth\w*|iban|vat_id|ip|user_agent"
    r"|first_name|last_name|subject|body|text|comment|note)$"
)
"""Names that fields with personal data usually have."""


@each_contract
def test_a_field_that_looks_personal_says_whether_it_is(path: Any) -> None:
    schema = json.loads(path.read_text())
    told = {where.rpartition(".")[2].removesuffix("[]") for where, part in fields(schema) if "personal" in part}
    suspects = {name for where, _ in fields(schema) if SUSPECT.search(name := where.rpartition(".")[2])}
    addresses = {name for example in schema["examples"] for name, value in _leaves(example) if "@" in str(value)}
    assert suspects | addresses <= told, 'say "personal": true or false'


def test_the_archive_leaves_out_just_the_names_that_contracts_call_personal() -> None:
    marks: dict[str, set[bool]] = {}
    for path in FILES:
        for where, part in fields(json.loads(path.read_text())):
            marks.setdefault(where.rpartition(".")[2], set()).add(part.get("personal", False))
    assert [name for name, told in marks.items() if len(told) > 1] == [], "a name means the same in every event"
    assert {name for name, told in marks.items() if True in told} == module("analytics", "domain.personal").PERSONAL


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _leaves(inner, inner_name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)
    else:
        yield name, value
