"""`python -m operations COMMAND --stage ...`: the operator's view from the shell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from operations import reading, smoke, writing
from operations.problems import Problem
from operations.session import Session, open_session


def main(arguments: Sequence[str]) -> int:
    """Returns 0 if all went well, 1 after a sentence on stderr; argparse itself ends with 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        command: Callable[[Session, argparse.Namespace], int] = options.run
        return command(open_session(options), options)
    except Problem as problem:
        print(problem, file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read has seen enough
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m operations",
        description="The operator's view of a stage: traces, service map, logs, queues and dead letters.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _reading(commands)
    _dead_letters(commands)
    return parser


def _reading(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _command(commands, "map", reading.show_map, "who calls whom, how often, how fast, with what success")
    _period(command)
    command = _command(commands, "traces", reading.list_traces, "the traces that match a filter expression")
    command.add_argument("filter", nargs="?", default="", help="such as: 'service(\"dev-invoicing-inbox\") {fault}'")
    command.add_argument("--limit", type=_count, default=20, help="how many at most (%(default)s)")
    _period(command)
    command = _command(commands, "trace", reading.show_trace, "one trace as a tree")
    command.add_argument("id")
    command.add_argument("--logs", action="store_true", help="its log lines, too")
    command = _command(commands, "logs", reading.show_logs, "the log lines of one trace")
    command.add_argument("id", help="the trace's id")
    command = _command(commands, "smoke", smoke.smoke, "whether a service answers and none of its alarms is on")
    command.add_argument("service", help="such as invoicing")
    _command(commands, "queues", reading.list_queues, "the queues, each with the number of its dead letters")


def _dead_letters(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser(
        "dead-letters", help="what could not be delivered: look at it, send it back, discard it"
    )
    actions = group.add_subparsers(dest="action", required=True, metavar="list|show|redrive|discard")
    command = _command(actions, "list", reading.list_dead_letters, "all of the stage, or those of one queue")
    command.add_argument("queue", nargs="?")
    command = _command(actions, "show", reading.show_dead_letter, "one, with its whole body, exception and trace")
    command.add_argument("queue")
    command.add_argument("id")
    for name, run, help_ in (
        ("redrive", writing.redrive, "send letters back to the queue that they came out of"),
        ("discard", writing.discard, "delete letters for good"),
    ):
        command = _command(actions, name, run, help_)
        command.add_argument("queue", help="of the dead letters")
        command.add_argument("ids", nargs="*", metavar="ID")
        command.add_argument("--all", action="store_true", help="every letter of the queue")
        command.add_argument("--rate", type=float, default=10.0, help="letters a second (%(default)g)")
        command.add_argument(
            "--dry-run", action="store_true", help="tell which letters it would be, and change nothing"
        )
        command.add_argument("--yes", action="store_true", help="do not ask")
        command.add_argument("--allow-writes", action="store_true", help="needed on every stage but the local one")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[Session, argparse.Namespace], int],
    help_: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
    command.set_defaults(run=run, parser=command)
    command.add_argument("--stage", default="local", help="whose stacks are looked at (%(default)s)")
    command.add_argument("--endpoints", type=Path, help="another local stage's endpoints.json than that of PORT")
    command.add_argument(
        "--json", action="store_true", help="for scripts: the documents that the console's API answers"
    )
    return command


def _period(command: argparse.ArgumentParser) -> None:
    command.add_argument("--from", dest="start", help="15m, 6h, 2d ago, or a time such as 2026-01-31T09:00Z (15m)")
    command.add_argument("--to", dest="end", help="likewise (now)")


def _count(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 10_000):
        raise argparse.ArgumentTypeError("a whole number from 1 to 10000 is needed")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
