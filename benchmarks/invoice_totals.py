"""How much of the processor the totals of an invoice with a thousand lines take; needs no stage.

Beside it, in the same run: the same figures as a plain loop over Decimals, without checks, categories or allowances.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from decimal import Decimal

from benchmarks.figures import Target, conclude, percentile, table
from local.stage.place import ROOT

sys.path[:0] = [str(ROOT / "shared" / "python"), str(ROOT / "services" / "invoicing")]

from invoicing.domain.lines import Allowance, Content, DocumentAllowance, Line  # noqa: E402
from invoicing.domain.taxes import Tax  # noqa: E402
from invoicing.domain.totals import total  # noqa: E402

LINES, ROUNDS = 1000, 40
MOST_MILLISECONDS = 20.0
STANDARD, REDUCED = Tax("S", Decimal(19)), Tax("S", Decimal(7))


def main() -> int:
    content = _content()
    ways = {"plain loop": lambda: _plain(content), "totals": lambda: total(content, "EUR")}
    measured = {way: [_cpu(act) for _ in range(ROUNDS)] for way, act in ways.items()}
    plain = percentile(measured["plain loop"], 50)
    rows = [
        [way, f"{percentile(ms, 50):.1f}", f"{percentile(ms, 95):.1f}", f"{percentile(ms, 50) / plain:.1f}"]
        for way, ms in measured.items()
    ]
    table([f"{LINES} lines", "p50 ms CPU", "p95 ms CPU", "x plain loop"], rows)
    most = percentile(measured["totals"], 50)
    return conclude(Target(f"totals of {LINES} lines", most, MOST_MILLISECONDS, "ms of CPU"))


def _content() -> Content:
    lines = tuple(
        Line(
            description=f"Item {number}",
            quantity=Decimal(number),
            unit="C62",
            unit_price=Decimal("12.34567"),
            base_quantity=Decimal(1 + number % 3),
            tax=REDUCED if number % 4 else STANDARD,
            allowances=(Allowance(Decimal("0.50")),) if number % 5 == 0 else (),
        )
        for number in range(LINES)
    )
    return Content(lines, (DocumentAllowance(Decimal("25.00"), tax=STANDARD),))


def _plain(content: Content) -> Decimal:
    cent, net = Decimal("0.01"), Decimal(0)
    for line in content.lines:
        net += (line.quantity * line.unit_price / line.base_quantity).quantize(cent)
    return net + (net * Decimal("0.19")).quantize(cent)


def _cpu(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
