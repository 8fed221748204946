"""`python -m compatibility can-deploy --service invoicing --stage prod`: exit code 0 for yes, 1 for no, 2 unasked."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from compatibility import deployed, record
from compatibility.contracts import ROOT
from compatibility.verdict import Verdict, verdict
from operations.problems import Problem, not_found
from operations.stage import Stage, check_name

YES, NO, NO_ANSWER = 0, 1, 2


def main(arguments: list[str], root: Path = ROOT) -> int:
    options = _options(arguments)
    try:
        verdicts = can_deploy(Stage(check_name(options.stage), options.endpoints), options.service, root)
    except Problem as problem:
        print(f"{problem.detail} {problem.advice}", file=sys.stderr)
        return NO_ANSWER
    except ValueError as error:
        print(f"What this clone says cannot be read: {error}", file=sys.stderr)
        return NO_ANSWER
    if options.json:
        print(json.dumps([_document(one) for one in verdicts], indent=2))
    else:
        print("\n".join(told(one, options.stage) for one in verdicts))
    return YES if all(one.is_yes for one in verdicts) else NO


def can_deploy(stage: Stage, service: str | None, root: Path = ROOT) -> list[Verdict]:
    """The verdict on one service of a clone, or on each of them. Raises Problem, ValueError."""
    known = record.services(root)
    if service is not None and service not in known:
        raise not_found(f"There is no service {service!r}.", f"SERVICE is one of {', '.join(known)}.")
    candidates = [record.of_clone(one, root) for one in ([service] if service else known)]
    running = deployed.records(stage)
    return [verdict(candidate, running) for candidate in candidates]


def told(answer: Verdict, stage: str) -> str:
    """A verdict for people."""
    if answer.objections:
        reasons = "\n".join(f"  {objection}" for objection in answer.objections)
        return f"no: {answer.service} may not be deployed to {stage}\n{reasons}"
    known = "".join(f"\n  known, not of this version's making: {objection}" for objection in answer.known)
    beside = ", ".join(f"{one.service} of {one.since[:16]}" for one in answer.compared) or "nothing is deployed there"
    return f"yes: {answer.service} may be deployed to {stage} ({beside}){known}"


def _document(answer: Verdict) -> dict[str, object]:
    return {
        "service": answer.service,
        "can_deploy": answer.is_yes,
        "objections": [objection._asdict() for objection in answer.objections],
        "known": [objection._asdict() for objection in answer.known],
        "compared_with": {one.service: one.since for one in answer.compared},
    }


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m compatibility", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("can-deploy", help="may this version be deployed beside what runs?")
    command.add_argument("--service", help="one service; each of them without")
    command.add_argument("--stage", default="local", help="the local one of PORT without")
    command.add_argument("--endpoints", type=Path, help="another local stage's endpoints.json")
    command.add_argument("--json", action="store_true", help="for scripts")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
