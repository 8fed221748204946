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

from analytics.domain.buckets import Bins

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

    def __init__(self, counts: Bins) -> None:
        self._bins = counts.bins
        passed = counts.amounts if counts.running else list(accumulate(max(0, count) for count in counts.amounts))
        self._passed = passed
        self._total = passed[-1] if passed else 0

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> "Sketch":
        """The sketch of the counts of some bins, in whatever order."""
        bins = sorted(counts)
        return cls(Bins(bins, [counts[bin] for bin in bins]))

    def percentile(self, percent: int) -> Decimal | None:
        """The seconds that so many percent of the durations do not exceed; None of nothing.

        It is the one at position ``percent * (number - 1) / 100`` of the sorted durations, rounded down.
        """
        if not self._total:
            return None
        position = percent * (self._total - 1) // 100
        return seconds_in(self._bins[bisect_right(self._passed, position)])
