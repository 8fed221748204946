"""Tables of a benchmark's own, in the embedded AWS."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def spare(dynamodb: Any, like: str) -> Iterator[str]:
    """The name of an empty table of the same shape as another one; it is gone afterwards."""
    name = f"spare-{like}-{uuid.uuid4().hex[:8]}"
    shape = dynamodb.describe_table(TableName=like)["Table"]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=shape["AttributeDefinitions"],
        KeySchema=shape["KeySchema"],
        GlobalSecondaryIndexes=[
            {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
            for index in shape["GlobalSecondaryIndexes"]
        ],
    )
    try:
        yield name
    finally:
        dynamodb.delete_table(TableName=name)
