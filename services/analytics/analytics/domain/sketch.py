"""Durations as a sketch of counters, from which any percentile follows within 1 % of the exact one.

A sketch is a number for each bin; that of many tickets is the sum of those of each, so it can be kept by addition.
Source: Masson, Rim, Lee: DDSketch, https://www.vldb.org/pvldb/vol12/p2195-masson.pdf
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate

from ddsketch.mapping import LogarithmicMapping

RELATIVE_ERROR = 0.01

_MILLISECOND = timedelta(milliseconds=1)
# Bin 0 is that of no time at all, of which there is no logarithm; the shortest duration, a millisecond, is in bin 1.
_NO_TIME, _SHORTEST_BIN = 0, 1
_BINS = LogarithmicMapping(RELATIVE_ERROR, offset=_SHORTEST_BIN)


def bin_of(duration: timedelta) -> int:
    """The bin of a duration, zero or above; durations are taken to the millisecond, none is below zero."""
    milliseconds = duration // _MILLISECOND
    return _BINS.key(milliseconds) if milliseconds > 0 else _NO_TIME


@lru_cache(maxsize=4096)
def seconds_in(bin: int) -> Decimal:
    """The duration that a bin stands for, in seconds to the microsecond, within 1 % of every duration in it."""
    return Decimal(0) if bin == _NO_TIME else Decimal(round(_BINS.value(bin) * 1000)) / 1_000_000


class Sketch:
    """The durations of some tickets, as a number for each bin.

    Numbers below zero are none: what they take back has yet to arrive.
    """

    def __init__(self, counts: Mapping[int, Decimal]) -> None:
        present = sorted((bin, count) for bin, count in counts.items() if count > 0)
        self._bins = [bin for bin, _ in present]
        self._passed = list(accumulate(count for _, count in present))

    def quantile(self, share: Decimal) -> Decimal | None:
        """The seconds that ``share`` of the durations do not exceed; None of nothing.

        It is the one at position ``share * (number - 1)`` of the sorted durations, rounded down.
        """
        if not self._bins:
            return None
        position = share * (self._passed[-1] - 1)
        return seconds_in(self._bins[bisect_right(self._passed, position)])
