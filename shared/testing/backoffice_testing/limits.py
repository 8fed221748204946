"""What DynamoDB refuses, and where its pages end.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from backoffice_testing.expressions import Item

Key = tuple[str, str]

_LONGEST_PK, _LONGEST_SK = 2048, 1024
_LARGEST_ITEM, _LARGEST_PAGE = 400 * 1024, 1024 * 1024


def key_of(item: Item) -> Key:
    """An item's key. Raises ClientError if it has none that DynamoDB takes."""
    try:
        key = item["pk"]["S"], item["sk"]["S"]
    except KeyError:
        raise invalid("The provided key element does not match the schema") from None
    demand(0 < len(key[0].encode()) <= _LONGEST_PK and 0 < len(key[1].encode()) <= _LONGEST_SK, f"no key: {key}")
    return key


def storable(item: Item) -> Item:
    """The item, if DynamoDB stores it. Raises ClientError."""
    key_of(item)
    for name, value in item.items():
        if name.startswith("gsi"):
            demand(bool(value.get("S")), f"{name} is a key of an index: a string that is not empty")
    # What Python writes of an item is longer than what DynamoDB counts.
    if len(str(item)) > _LARGEST_ITEM:
        demand(_size(item) <= _LARGEST_ITEM, "Item size has exceeded the maximum allowed size")
    return item


def page_of(items: list[Item], limit: int | None) -> tuple[list[Item], Item | None]:
    """As many items as DynamoDB answers at once, and the last of them if there are more."""
    page = items[:limit]
    if len(str(page)) > _LARGEST_PAGE:
        page = list(_up_to(_LARGEST_PAGE, page))
    return page, page[-1] if len(page) < len(items) else None


def _up_to(most: int, items: list[Item]) -> Iterator[Item]:
    for item in items:
        most -= _size(item)
        if most < 0:
            return
        yield item


def _size(value: Any) -> int:
    """About as DynamoDB counts: the bytes of names and texts, some more for what holds them."""
    if isinstance(value, dict):
        return sum(len(str(name).encode()) + _size(inner) for name, inner in value.items())
    if isinstance(value, list):
        return sum(_size(inner) + 1 for inner in value)
    return len(str(value).encode())


def demand_different(keys: list[Any], most: int) -> None:
    """Raise ClientError if one call names an item twice, or more than so many."""
    demand(len(keys) <= most, f"{len(keys)} items, at most {most}")
    demand(len(set(keys)) == len(keys), "one call cannot include multiple operations on one item")


def demand(holds: bool, otherwise: str) -> None:
    """Raise ClientError, a ValidationException, unless something holds."""
    if not holds:
        raise invalid(otherwise)


def invalid(message: str) -> ClientError:
    """The answer to a request that makes no sense."""
    return refusal("DynamoDB", "ValidationException", message)


def refusal(operation: str, code: str, message: str) -> ClientError:
    """What the SDK raises when DynamoDB refuses."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
