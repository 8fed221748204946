"""The table: what is written is read, page by page, and deleted."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from table_support import Scripted, client_error, commit

from backoffice.dynamodb import Table, from_dynamodb, to_dynamodb
from backoffice.errors import BadStart, Contended

A = {"pk": "A", "sk": "1", "name": "first", "version": 1}


class TestItems:
    values = st.recursive(
        st.text(max_size=8)
        | st.integers(-(10**30), 10**30)
        | st.booleans()
        | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=3),
        max_leaves=8,
    )

    @settings(max_examples=50)
    @given(st.dictionaries(st.text(min_size=1, max_size=4), values, max_size=4))
    def test_what_is_written_is_read(self, item):
        assert from_dynamodb(to_dynamodb(item)) == item

    @pytest.mark.parametrize("value", [0.5, [0.5], {"deep": [{"er": 1.0}]}, float("nan")])
    def test_a_float_is_refused_however_deep(self, value):
        with pytest.raises(TypeError, match="[Ff]loat"):
            to_dynamodb({"amount": value})

    def test_none_is_left_out_however_deep(self):
        item = {"a": None, "b": {"c": None, "d": [1, {"e": None}]}}
        assert from_dynamodb(to_dynamodb(item)) == {"b": {"d": [1, {}]}}

    def test_numbers_come_back_exact_as_decimal(self, table):
        commit(table, ("put", {**A, "amount": Decimal("0.10"), "count": 3}))
        item = table.get("A", "1")
        assert (item["amount"], item["count"]) == (Decimal("0.10"), Decimal(3))
        assert isinstance(item["count"], Decimal)


class TestReading:
    @pytest.fixture
    def filled(self, table):
        items = [
            {"pk": "A", "sk": f"{kind}#{n}", "gsi1pk": "G", "gsi1sk": f"{9 - n}"} for kind in "xy" for n in range(4)
        ]
        commit(table, *(("put", item) for item in items))
        return table

    def test_what_is_not_there_is_none(self, table):
        assert table.get("A", "1") is None

    def test_a_get_is_consistent_unless_told_otherwise(self):
        client = Scripted({}, {})
        table = Table("t", client)
        table.get("A", "1")
        table.get("A", "1", consistent=False)
        assert [request["ConsistentRead"] for _, request in client.asked] == [True, False]

    def test_a_partition_is_read_in_order_of_its_sort_key(self, filled):
        assert [item["sk"] for item in filled.query("A").items] == [f"{kind}#{n}" for kind in "xy" for n in range(4)]

    def test_newest_first_turns_the_order(self, filled):
        assert filled.query("A", newest_first=True, limit=2).items[0]["sk"] == "y#3"

    def test_a_prefix_and_a_range_select(self, filled):
        assert [item["sk"] for item in filled.query("A", sk_prefix="y#").items] == ["y#0", "y#1", "y#2", "y#3"]
        assert [item["sk"] for item in filled.query("A", sk_between=("x#2", "y#0")).items] == ["x#2", "x#3", "y#0"]

    def test_an_index_is_read_by_its_own_keys(self, filled):
        page = filled.query("G", index="gsi1", sk_prefix="9")
        assert {item["sk"] for item in page.items} == {"x#0", "y#0"}

    def test_pages_follow_each_other_without_gap_or_twin(self, filled):
        seen, start = [], None
        while True:
            page = filled.query("A", limit=3, start=start)
            assert len(page.items) <= 3
            seen += [item["sk"] for item in page.items]
            start = page.last_key
            if start is None:
                break
        assert seen == sorted(seen)
        assert len(seen) == 8

    def test_pages_of_an_index_follow_each_other(self, filled):
        first = filled.query("G", index="gsi1", limit=5)
        rest = filled.query("G", index="gsi1", start=first.last_key)
        assert len({item["sk"] for item in first.items + rest.items}) == 8
        assert rest.last_key is None

    def test_a_whole_partition_is_read_over_pages(self, filled):
        assert len(list(filled.query_all("A", limit=3))) == 8

    def test_only_the_table_itself_is_read_consistently(self):
        client = Scripted({"Items": []}, {"Items": []})
        table = Table("t", client)
        table.query("A")
        table.query("A", index="gsi1")
        (_, first), (_, second) = client.asked
        assert first["ConsistentRead"] is True
        assert "ConsistentRead" not in second

    def test_a_start_that_dynamodb_refuses_is_told_from_other_errors(self):
        with pytest.raises(BadStart):
            Table("t", Scripted(client_error("ValidationException"))).query("A", start={"pk": "B", "sk": "1"})
        with pytest.raises(ClientError):
            Table("t", Scripted(client_error("ValidationException"))).query("A")
        with pytest.raises(ClientError):
            Table("t", Scripted(client_error("ResourceNotFoundException"))).query("A", start={"pk": "A", "sk": "1"})


class TestReadingMany:
    def test_those_that_are_there_are_found_by_key_in_one_call(self, table, sent):
        commit(table, ("put", A), ("put", {"pk": "B", "sk": "1"}))
        sent.clear()
        found = table.get_all([("A", "1"), ("B", "1"), ("A", "1"), ("C", "1")])
        assert found == {("A", "1"): A, ("B", "1"): {"pk": "B", "sk": "1"}}
        assert [operation for operation, _ in sent] == ["BatchGetItem"]

    def test_nothing_to_read_is_no_call(self):
        assert Table("t", SimpleNamespace()).get_all([]) == {}

    def test_what_was_held_back_is_asked_for_again(self, unhurried):
        first, second = to_dynamodb({"pk": "A", "sk": "1"}), to_dynamodb({"pk": "A", "sk": "2"})
        client = Scripted(
            {"Responses": {"t": [first]}, "UnprocessedKeys": {"t": {"Keys": [second]}}}, {"Responses": {"t": [second]}}
        )
        assert Table("t", client).get_all([("A", "1"), ("A", "2")]).keys() == {("A", "1"), ("A", "2")}
        assert [request["RequestItems"]["t"]["Keys"] for _, request in client.asked] == [[first, second], [second]]
        assert all(request["RequestItems"]["t"]["ConsistentRead"] for _, request in client.asked)
        assert len(unhurried) == 1

    def test_who_is_never_answered_is_told_so(self, unhurried):
        held = {"Responses": {}, "UnprocessedKeys": {"t": {"Keys": [to_dynamodb({"pk": "A", "sk": "1"})]}}}
        with pytest.raises(Contended):
            Table("t", Scripted(*[held] * 10)).get_all([("A", "1")])


class TestWritingAndDeletingMany:
    def test_all_are_deleted_over_several_calls(self, table):
        keys = [("A", f"{n:03}") for n in range(60)]
        for part in (keys[:30], keys[30:]):
            commit(table, *(("put", {"pk": pk, "sk": sk}) for pk, sk in part))
        table.delete_all(keys)
        assert table.query("A").items == []

    def test_items_are_written_in_batches(self, table):
        items = [{"pk": "A", "sk": f"{number:03}", "number": number} for number in range(60)]
        table.put_all(items)
        assert table.query("A").items == items

    def test_nothing_to_delete_is_no_call(self):
        Table("t", SimpleNamespace()).delete_all([])

    def test_what_was_not_taken_is_sent_again(self, unhurried):
        refused = {"DeleteRequest": {"Key": to_dynamodb({"pk": "A", "sk": "1"})}}
        client = Scripted({"UnprocessedItems": {"t": [refused]}}, {})
        Table("t", client).delete_all([("A", "1"), ("A", "2")])
        assert [len(request["RequestItems"]["t"]) for _, request in client.asked] == [2, 1]
        assert len(unhurried) == 1

    def test_who_is_never_taken_is_told_so(self, unhurried):
        refused = {"DeleteRequest": {"Key": to_dynamodb({"pk": "A", "sk": "1"})}}
        with pytest.raises(Contended):
            Table("t", Scripted(*[{"UnprocessedItems": {"t": [refused]}}] * 10)).delete_all([("A", "1")])
