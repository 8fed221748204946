"""Visitors as a sketch: how many different ones there were, without keeping who they were.

A sketch of some visitors is 4,096 registers, each with the most leading zeros that a hash of theirs had. The sketch of
several sets together is the larger of each register, whatever the sets have in common; in whatever order and however
often it is made, it is the same.

Source: Flajolet et al.: HyperLogLog (2007), https://algo.inria.fr/flajolet/Publications/FlFuGaMe07.pdf; the estimator,
which needs no table of corrections, is algorithm 6 of Ertl: New cardinality estimation algorithms for HyperLogLog
sketches (2017), https://arxiv.org/abs/1702.01284
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from math import inf, log, sqrt

_INDEX_BITS = 12
_REGISTERS = 1 << _INDEX_BITS
HASH_BITS = 64
_RANK_BITS = HASH_BITS - _INDEX_BITS

STANDARD_ERROR = 1.04 / sqrt(_REGISTERS)
"""How far two of three estimates are off at most: 1.6 %. Nineteen of twenty are within twice as much."""

Sketch = bytes
"""A register a byte."""

Packed = bytes
"""A sketch as it is kept: how many registers have which rank, all that an estimate takes, and then the registers."""

NOBODY: Sketch = bytes(_REGISTERS)

_HIGH_BITS = int.from_bytes(b"\x80" * _REGISTERS, "little")
_LOW_BITS = _HIGH_BITS - (_HIGH_BITS >> 7)


def sketch_of(visitors: Iterable[int]) -> Sketch:
    """The sketch of these visitors, each a hash of 64 bits that are as good as random."""
    registers = bytearray(_REGISTERS)
    for visitor in visitors:
        index = visitor >> _RANK_BITS
        rank = _RANK_BITS + 1 - (visitor & ((1 << _RANK_BITS) - 1)).bit_length()
        if rank > registers[index]:
            registers[index] = rank
    return bytes(registers)


def union(sketches: Iterable[Sketch]) -> Sketch:
    """The sketch of all visitors of any of these sketches."""
    # All registers at once: a sketch as one large number, and a byte's high bit tells which of two is the larger.
    merged = 0
    for sketch in sketches:
        other = int.from_bytes(sketch, "little")
        not_less = ((merged | _HIGH_BITS) - other) & _HIGH_BITS
        keep = not_less - (not_less >> 7)
        merged = (merged & keep) | (other & (keep ^ _LOW_BITS))
    return merged.to_bytes(_REGISTERS, "little")


def estimate(sketch: Sketch) -> int:
    """About how many different visitors a sketch has seen; exactly none if it has seen none."""
    return _estimate(_counts(sketch))


def together(kept: Sequence[Packed]) -> int:
    """About how many different visitors packed sketches have seen; a single one need not be unpacked."""
    if len(kept) == 1:
        return _estimate(_packed_counts(kept[0]))
    return estimate(union(map(unpacked, kept)))


def _estimate(counts: Sequence[int]) -> int:
    none, *counts = counts
    z = _REGISTERS * _tau(1 - sum(counts[_RANK_BITS:]) / _REGISTERS)
    for count in reversed(counts[:_RANK_BITS]):
        z = (z + count) / 2
    z += _REGISTERS * _sigma(none / _REGISTERS)
    return round(_REGISTERS * _REGISTERS / (2 * log(2) * z))


def packed(sketch: Sketch) -> Packed:
    """A sketch as it is kept: some 40 bytes of a single visitor, 2 KB at most of however many."""
    counts = _counts(sketch)
    return struct.pack(f"<B{len(counts)}H", len(counts), *counts) + zlib.compress(sketch, zlib.Z_BEST_SPEED)


def unpacked(kept: Packed) -> Sketch:
    """What ``packed`` was given."""
    return zlib.decompress(memoryview(kept)[1 + 2 * kept[0] :])


def _packed_counts(kept: Packed) -> Sequence[int]:
    return struct.unpack_from(f"<{kept[0]}H", kept, 1)


def _counts(sketch: Sketch) -> list[int]:
    """How many registers have which rank, from 0 to the largest that there is."""
    counts: list[int] = []
    # What is left gets half as long with each rank: quicker than looking at every register in turn.
    while sketch:
        left = sketch.translate(None, bytes([len(counts)]))
        counts.append(len(sketch) - len(left))
        sketch = left
    return counts


def _sigma(x: float) -> float:
    if x == 1:
        return inf
    y, z, before = 1.0, x, -1.0
    while z != before:
        x *= x
        before = z
        z += x * y
        y += y
    return z


def _tau(x: float) -> float:
    if x in (0, 1):
        return 0
    y, z, before = 1.0, 1 - x, -1.0
    while z != before:
        x = sqrt(x)
        before = z
        y /= 2
        z -= (1 - x) ** 2 * y
    return z / 3
