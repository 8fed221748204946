"""Bins as bytes: four that tell how they are written, then a column of bins and one of their amounts.

    decimals | running | width of a bin | width of an amount | bins, in order | amounts, in units of so many decimals

Widths are those of ``struct``; numbers begin with their low byte, as those of all of Lambda's processors do.
"""

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from itertools import accumulate
from struct import calcsize, pack

from analytics.domain.buckets import Bins

EXACT = Context(prec=80)
"""Sums of whatever DynamoDB keeps lose nothing here; the usual context rounds to 28 digits."""

_HEAD = 4
_UNSIGNED, _SIGNED = "BHIQ", "bhiq"
# 38 digits, the most of a number in DynamoDB.
_WIDEST = "w"
_SIZES = {**{width: calcsize(f"<{width}") for width in _UNSIGNED + _SIGNED}, _WIDEST: 16}


def packed(amounts: Mapping[int, Decimal], *, running: bool = False) -> bytes:
    """The amounts of some bins; as running sums, if that is wanted and none is below zero.

    Raises OverflowError for more than 38 digits, which DynamoDB has no room for either.
    """
    bins = sorted(amounts)
    decimals = max((_decimals(amount) for amount in amounts.values()), default=0)
    units = [int(amounts[bin].scaleb(decimals, EXACT)) for bin in bins]
    if running := running and min(units, default=0) >= 0:
        units = list(accumulate(units))
    widths = _width(bins), _width(units)
    columns = (_column(numbers, width) for numbers, width in zip((bins, units), widths, strict=True))
    return bytes([decimals, running, *map(ord, widths)]) + b"".join(columns)


def unpacked(kept: bytes) -> Bins:
    """What ``packed`` was given. No copy is made of it: most of it is only skipped through."""
    decimals, running, of_bin, of_amount = kept[0], bool(kept[1]), chr(kept[2]), chr(kept[3])
    sizes = _SIZES[of_bin], _SIZES[of_amount]
    amounts = _HEAD + (len(kept) - _HEAD) // sum(sizes) * sizes[0]
    columns = memoryview(kept)
    return Bins(_numbers(columns[_HEAD:amounts], of_bin), _numbers(columns[amounts:], of_amount), decimals, running)


def _decimals(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "it is a number"
    return max(0, -exponent)


def _width(numbers: Sequence[int]) -> str:
    """The narrowest that all of the numbers fit into."""
    least, most = min(numbers, default=0), max(numbers, default=0)
    bits = max(least.bit_length(), most.bit_length()) + (least < 0)
    widths = _SIGNED if least < 0 else _UNSIGNED
    return next((width for width in widths if bits <= 8 * _SIZES[width]), _WIDEST)


def _column(numbers: Sequence[int], width: str) -> bytes:
    if width != _WIDEST:
        return pack(f"<{len(numbers)}{width}", *numbers)
    return b"".join(number.to_bytes(_SIZES[_WIDEST], "little", signed=True) for number in numbers)


def _numbers(column: memoryview, width: str) -> Sequence[int]:
    if width != _WIDEST:
        return column.cast(width)  # type: ignore[call-overload, no-any-return]  # the overloads know literals alone
    size = _SIZES[_WIDEST]
    return [int.from_bytes(column[at : at + size], "little", signed=True) for at in range(0, len(column), size)]
