"""Figures and the table that shows them."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What a figure must not exceed."""

    what: str
    figure: float
    most: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.figure <= self.most


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that `percent` of all do not exceed."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as wide as they need to be, the first to the left, figures to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        first, *others = (
            cell.ljust(widths[0]) if column == 0 else cell.rjust(widths[column]) for column, cell in enumerate(row)
        )
        print("  ".join([first, *others]))


def conclude(*targets: Target) -> int:
    """Print whether the targets are met, and on what machine. Returns the exit code."""
    load = os.getloadavg()[0]
    print(f"\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f}")
    for target in targets:
        word = "met" if target.is_met else "MISSED"
        print(f"{word}: {target.what} {target.figure:.3g} {target.unit}, target {target.most:g}")
    sys.stdout.flush()
    return 0 if all(target.is_met for target in targets) else 1
