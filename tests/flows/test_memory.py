"""The dictionaries that the fault layer runs on answer as moto does, whatever the services ask of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from backoffice_testing import create_table
from botocore.exceptions import ClientError
from moto import mock_aws

from backoffice import dynamodb
from backoffice.dynamodb import Table, to_dynamodb
from backoffice.errors import Conflict
from backoffice.transactions import Transaction
from tests.flows.memory import Tables

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


def test_what_is_not_understood_is_no_silent_success(both: tuple[Table, Table]) -> None:
    _, table = both
    for expression in ("size(pk) > :one", "contains(pk, :one)", "a <> :one"):
        with pytest.raises((AssertionError, KeyError, ClientError)):
            transaction = Transaction(table)
            transaction.check("A", "1", conflict="c", condition=expression, values={":one": 1})
            transaction.commit()


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
