"""The dictionaries that the services' tests run on answer as moto does, whatever the services ask of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import boto3
import pytest
from backoffice_testing import create_table
from backoffice_testing.tables import Tables
from botocore.exceptions import ClientError
from moto import mock_aws

from backoffice import dynamodb
from backoffice.dynamodb import Table, to_dynamodb
from backoffice.errors import Conflict
from backoffice.transactions import Transaction

NAME = "test"


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Table, Table]]:
    """The same table, once on moto and once in memory."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    dynamodb.client.cache_clear()
    with mock_aws():
        create_table(NAME)
        yield Table(NAME, boto3.client("dynamodb")), Table(NAME, Tables({NAME: {}}))
    dynamodb.client.cache_clear()


def test_transactions_queries_and_batches_end_alike(both: tuple[Table, Table]) -> None:
    chance = random.Random(8)
    for _ in range(30):
        step = chance.choice([_put, _add, _replace, _delete, _check, _count, _batch])
        key, value = f"{chance.randint(1, 3)}", chance.randint(1, 4)
        outcomes = [step(table, key, value) for table in both]
        assert outcomes[0] == outcomes[1], step
        for ask in (_all, _page, _of_index, _read):
            of_moto, of_memory = (ask(table, key) for table in both)
            assert of_memory == of_moto, ask


def test_single_writes_scans_and_transactional_reads_end_alike(both: tuple[Table, Table]) -> None:
    for table in both:
        for number in range(5):
            table.client.put_item(TableName=NAME, Item=to_dynamodb({"pk": f"{'AB'[number % 2]}", "sk": f"{number}"}))
        for value in (1, 2):
            table.client.update_item(
                TableName=NAME,
                Key=to_dynamodb({"pk": "A", "sk": "new"}),
                UpdateExpression="SET born = if_not_exists(born, :v), told = :all, #n = :v ADD hits :v REMOVE gone",
                ExpressionAttributeNames={"#n": "number"},
                ExpressionAttributeValues=to_dynamodb({":all": ["1", "2"], ":v": value}),
            )
    of_moto, of_memory = (_scanned(table) for table in both)
    assert of_memory == of_moto
    wanted = [{"Get": {"TableName": NAME, "Key": to_dynamodb({"pk": "A", "sk": sk})}} for sk in ("0", "none", "new")]
    of_moto, of_memory = (table.client.transact_get_items(TransactItems=wanted)["Responses"] for table in both)
    assert of_memory == of_moto


def test_a_list_that_contains_a_value_holds_and_another_does_not(both: tuple[Table, Table]) -> None:
    for table in both:
        table.put_all([{"pk": "A", "sk": "1", "written": ["1", "2"]}])
    for value in ("1", "3"):
        check = {"condition": "contains(written, :value)", "values": {":value": value}}
        outcomes = [_committed(table, lambda one, c=check: one.check("A", "1", conflict="c", **c)) for table in both]
        assert outcomes[0] == outcomes[1], value


def test_a_page_ends_at_a_megabyte(both: tuple[Table, Table]) -> None:
    for table in both:
        table.put_all([{"pk": "A", "sk": f"{number}", "text": "x" * 300_000} for number in range(5)])
    pages = [table.query("A") for table in both]
    assert [len(page.items) for page in pages] == [3, 3]
    assert pages[0].last_key == pages[1].last_key == {"pk": "A", "sk": "2"}
    assert [len(table.query("A", start=page.last_key).items) for table, page in zip(both, pages, strict=True)] == [2, 2]


def test_a_transaction_that_was_written_is_not_written_again(both: tuple[Table, Table]) -> None:
    for table in both:
        update = {
            "TableName": NAME,
            "Key": to_dynamodb({"pk": "A", "sk": "1"}),
            "UpdateExpression": "ADD hits :one",
            "ExpressionAttributeValues": to_dynamodb({":one": 1}),
        }
        for _ in range(2):
            table.client.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken="once")
    assert [table.get("A", "1") for table in both][1] == {"pk": "A", "sk": "1", "hits": 1}


REFUSED: dict[str, Callable[[Table], Any]] = {
    "a reserved word": lambda table: _update(table, "SET name = :x"),
    "a value that is not used": lambda table: _update(table, "SET a = :x", **{":y": "1"}),
    "a value that is missing": lambda table: _update(table, "SET a = :z", **{":x": "1"}),
    "no such change": lambda table: _update(table, "SET a :x"),
    "one item twice in a transaction": lambda table: _transaction(table, ["1", "1"]),
    "more than a hundred items in a transaction": lambda table: _transaction(table, range(101)),
    "more than a hundred keys": lambda table: table.get_all([("A", f"{number}") for number in range(101)]),
    "an empty key": lambda table: _put_one(table, {"pk": "", "sk": "1"}),
    "no key": lambda table: _put_one(table, {"pk": "A"}),
    "an empty key of an index": lambda table: _put_one(table, {"pk": "A", "sk": "1", "gsi1pk": "", "gsi1sk": "1"}),
    "a key that is too long": lambda table: _put_one(table, {"pk": "A", "sk": "x" * 1025}),
    "an item that is too large": lambda table: _put_one(table, {"pk": "A", "sk": "1", "text": "x" * 410_000}),
    "no such table": lambda table: Table("other", table.client).get("A", "1"),
    "a table that is there": lambda table: create_table(NAME, table.client),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_refused_by_both(refused: Callable[[Table], Any], both: tuple[Table, Table]) -> None:
    codes = []
    for table in both:
        with pytest.raises(ClientError) as error:
            refused(table)
        codes.append(error.value.response["Error"]["Code"])
    assert codes[1] == codes[0]


def test_what_moto_lets_pass_and_dynamodb_does_not_is_refused() -> None:
    table = Table(NAME, Tables({NAME: {}}))
    with pytest.raises(ClientError, match="ValidationException"):
        table.put_all([_item("1", 1), _item("1", 2)])


def test_a_transaction_of_which_one_write_is_refused_leaves_nothing(both: tuple[Table, Table]) -> None:
    for table in both:
        transaction = Transaction(table)
        transaction.put({"pk": "A", "sk": "1"})
        transaction.update("A", "2", "SET a :x", values={":x": "1"})
        with pytest.raises(ClientError):
            transaction.commit()
        assert table.get("A", "1") is None


@pytest.mark.parametrize("condition", ["size(pk) > :one", "NOT pk = :one", "a <> :one", "pk = :one AND", "(pk = :one"])
def test_what_is_not_understood_is_no_silent_success(condition: str) -> None:
    transaction = Transaction(Table(NAME, Tables({NAME: {}})))
    transaction.check("A", "1", conflict="c", condition=condition, values={":one": 1})
    with pytest.raises(ClientError, match="ValidationException"):
        transaction.commit()


def test_what_the_services_do_not_use_is_not_there() -> None:
    with pytest.raises(TypeError, match="ProjectionExpression"):
        Tables({NAME: {}}).get_item(TableName=NAME, Key=_item("1", 1), ProjectionExpression="pk")  # type: ignore[call-arg]


def _scanned(table: Table) -> Any:
    request = {
        "TableName": NAME,
        "FilterExpression": "begins_with(pk, :a) OR begins_with(pk, :c)",
        "ExpressionAttributeValues": to_dynamodb({":a": "A", ":c": "C"}),
    }
    items, start = [], {}
    while True:
        answer = table.client.scan(**request, Limit=2, **start)
        items += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return sorted(items, key=lambda item: str(item["sk"]))
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _update(table: Table, expression: str, **values: str) -> None:
    table.client.update_item(
        TableName=NAME,
        Key=to_dynamodb({"pk": "A", "sk": "1"}),
        UpdateExpression=expression,
        ExpressionAttributeValues=to_dynamodb({":x": "1"} | values) if ":z" not in expression else to_dynamodb(values),
    )


def _transaction(table: Table, sort_keys: Iterable[Any]) -> None:
    transaction = Transaction(table)
    for sk in sort_keys:
        transaction.put({"pk": "A", "sk": f"{sk}"})
    transaction.commit()


def _put_one(table: Table, item: dict[str, Any]) -> None:
    table.client.put_item(TableName=NAME, Item=to_dynamodb(item))


def _committed(table: Table, write: Callable[[Transaction], None]) -> Any:
    transaction = Transaction(table)
    write(transaction)
    # A second write, which must be there if and only if the first one is.
    transaction.put({"pk": "LOG", "sk": "LOG", "last": repr(transaction._writes[0][0])})
    try:
        transaction.commit()
    except Conflict as conflict:
        return conflict.items
    return "written"


def _item(key: str, value: int) -> dict[str, Any]:
    return {"pk": "A", "sk": key, "version": value, "gsi1pk": f"LIST#{value % 2}", "gsi1sk": f"{value}#{key}"}


def _put(table: Table, key: str, value: int) -> Any:
    return _committed(table, lambda one: one.put(_item(key, value)))


def _add(table: Table, key: str, value: int) -> Any:
    return _committed(table, lambda one: one.add(_item(key, value)))


def _replace(table: Table, key: str, value: int) -> Any:
    return _committed(table, lambda one: one.replace(_item(key, value + 1), version=value))


def _delete(table: Table, key: str, value: int) -> Any:
    return _committed(table, lambda one: one.delete("A", key, version=value if value % 2 else None))


def _check(table: Table, key: str, value: int) -> Any:
    condition = "attribute_exists(pk) AND (attribute_not_exists(hits) OR version = :version)"
    return _committed(
        table, lambda one: one.check("A", key, conflict="c", condition=condition, values={":version": value})
    )


def _count(table: Table, key: str, value: int) -> Any:
    expression = "SET #last = :value ADD hits :value, outstanding :value"
    return _committed(
        table,
        lambda one: one.update(
            "A",
            key,
            expression,
            values={":value": value},
            names={"#last": "last"},
            condition="attribute_not_exists(version) OR version < :value",
        ),
    )


def _batch(table: Table, key: str, value: int) -> Any:
    table.put_all([_item(f"{value}{number}", value) for number in range(3)])
    table.delete_all([("A", f"{value}0"), ("A", key)])


def _all(table: Table, key: str) -> Any:
    return (
        list(table.query_all("A")),
        list(table.query_all("A", sk_prefix=key)),
        table.get_all([("A", key), ("B", key)]),
    )


def _page(table: Table, key: str) -> Any:
    first = table.query("A", sk_between=("1", "3~"), limit=2, newest_first=key == "1")
    return first, table.query("A", limit=2, start=first.last_key) if first.last_key else None


def _of_index(table: Table, key: str) -> Any:
    found = table.query("LIST#1", index="gsi1", limit=2)
    more = table.query("LIST#1", index="gsi1", limit=2, start=found.last_key) if found.last_key else None
    return found, more, table.query("LIST#0", index="gsi1", sk_prefix="2#", newest_first=True)


def _read(table: Table, key: str) -> Any:
    return table.get("A", key)
