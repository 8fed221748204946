"""`python -m benchmarks [NAME ...]`: some or all of them, one after another; those of a stage need it to be up."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "api_get",
    "solve_to_draft",
    "finalize",
    "invoice_list",
    "tracing_cost",
    "serverless_offline",
    "invoice_totals",
    "init_time",
    "contract_check",
    "contract_suite",
    "idle_memory",
    "transformer",
    "page_views",
    "rebuild",
    "projection",
    "xray_collector",
    "xray_graph",
    "sla_clocks",
    "ticket_lists",
    "business_query",
    "stage_times",
)


def main(names: list[str]) -> int:
    codes = []
    for name in names or NAMES:
        print(f"\n== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
