"""The SDK speaks to tables in memory as it does to DynamoDB, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from backoffice_testing import create_table
from backoffice_testing.tables import Tables
from backoffice_testing.wire import answered_by
from botocore.exceptions import ClientError, ParamValidationError

from backoffice.dynamodb import Table, to_dynamodb
from backoffice.errors import Conflict
from backoffice.transactions import Transaction

ITEM = {"pk": "A", "sk": "1", "text": "ä", "bytes": b"\xff\x00", "number": 3, "list": [{"a": "b"}]}


@pytest.fixture
def table() -> Iterator[Table]:
    client = boto3.client("dynamodb")
    with answered_by(Tables(), moto=False):
        create_table("test", client)
        yield Table("test", client)


def test_what_is_written_is_read(table: Table) -> None:
    table.put_all([ITEM])
    found: Any = table.get("A", "1")
    assert {**found, "bytes": bytes(found["bytes"])} == ITEM


def test_a_conflict_tells_what_stood_in_the_way(table: Table) -> None:
    table.put_all([{"pk": "A", "sk": "1", "version": 2}])
    transaction = Transaction(table)
    transaction.add({"pk": "A", "sk": "1"}, "taken")
    with pytest.raises(Conflict) as conflict:
        transaction.commit()
    assert conflict.value.items == {"taken": {"pk": "A", "sk": "1", "version": 2}}


def test_a_refusal_is_an_error_of_the_sdk_with_its_code(table: Table) -> None:
    with pytest.raises(table.client.exceptions.ResourceNotFoundException, match="other"):
        table.client.get_item(TableName="other", Key=to_dynamodb({"pk": "A", "sk": "1"}))


def test_the_sdk_checks_its_parameters(table: Table) -> None:
    with pytest.raises(ParamValidationError):
        table.client.get_item(TableName="test", Key={"pk": "A"})


def test_others_are_answered_by_moto_or_by_nobody(table: Table) -> None:
    s3 = boto3.client("s3")
    with pytest.raises(AssertionError, match=r"ServiceTest\.aws"):
        s3.list_buckets()
    with answered_by(Tables(), moto=True):
        assert s3.list_buckets()["Buckets"] == []
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            table.get("A", "1")
    assert table.get("A", "1") is None
