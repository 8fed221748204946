"""What a relay's check of its messages costs: its start with it and without, and one check against jsonschema's.

"Start" is the import of the handler, the client of SNS, and the first message's check, which compiles its contracts; in
processor time, on the emulator's interpreter with the layer and the code as they are deployed. Programs take turns.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from backoffice_testing import contracts as reference
from backoffice_testing import envelope

from backoffice.ids import new_id
from backoffice.messages import contracts
from benchmarks.figures import Target, conclude, table
from benchmarks.init_time import run
from local.stage import deploy
from local.stage.place import BUILD, ROOT

ROUNDS = 15
CHECKS = 2000
MOST_TIMES_START, MOST_TIMES_JSONSCHEMA = 1.15, 0.2
SERVICE, MESSAGE = "customer-support", "TicketSolved"
_UNCHECKED = (
    "import sys, types; sys.modules['backoffice.messages.contracts'] = stub = types.ModuleType('stub'); "
    "stub.fault = lambda message: None; "
)
_START = (
    "import time; message = open('message.json').read(); {first}began = time.process_time(); "
    "import customer_support.handlers.relay; from backoffice.messages import relay; "
    "relay.client('sns'); assert relay.fault(message) is None; print(time.process_time() - began)"
)


def main() -> int:
    deploy.build_layer("host")
    data = reference.examples(MESSAGE)[0]
    event = envelope(MESSAGE, new_id("tkt"), data)
    text = json.dumps(event)
    unchecked, checked = _starts(text)
    compiled = _seconds(lambda: contracts.fault(text))
    by_reference = _seconds(lambda: reference.check(event))
    table(
        ["", "ms", "x"],
        [
            ["start of a relay that does not check", f"{unchecked * 1000:.1f}", "1.00"],
            ["start with the first message's check", f"{checked * 1000:.1f}", f"{checked / unchecked:.2f}"],
            ["a check by jsonschema", f"{by_reference * 1000:.3f}", "1.00"],
            ["a check by the compiled contracts", f"{compiled * 1000:.3f}", f"{compiled / by_reference:.2f}"],
        ],
    )
    return conclude(
        Target("start", checked / unchecked, MOST_TIMES_START, "times that of a relay that does not check"),
        Target("check", compiled / by_reference, MOST_TIMES_JSONSCHEMA, "times that of jsonschema"),
    )


def _starts(message: str) -> tuple[float, float]:
    """Median processor seconds without the check and with it."""
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder)
        shutil.copytree(
            ROOT / "services" / SERVICE, task, ignore=shutil.ignore_patterns("tests", "__pycache__"), dirs_exist_ok=True
        )
        shutil.copytree(ROOT / "shared" / "contracts", task / "shared" / "contracts")
        deploy.compile_for_workers(task)
        (task / "message.json").write_text(message)
        path = [task, BUILD / "layer-host" / "python"]
        programs = _START.format(first=_UNCHECKED), _START.format(first="")
        rounds = [[run(program, path)[0] for program in programs] for _ in range(1 + ROUNDS)]
    unchecked, checked = zip(*rounds[1:], strict=True)
    return median(unchecked), median(checked)


def _seconds(check: Callable[[], object]) -> float:
    check()
    began = time.process_time()
    for _ in range(CHECKS):
        check()
    return (time.process_time() - began) / CHECKS


if __name__ == "__main__":
    sys.exit(main())
