"""The commands that change something: each says what it will do, asks, does it, and tells what became of it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from operations import moves
from operations.moves import Order, Outcome
from operations.problems import Problem
from operations.queues import Queue, dead_letter_queue
from operations.session import Session

Members = dict[str, Any]


def redrive(session: Session, options: argparse.Namespace) -> int:
    order = _order(options)
    queue, source = dead_letter_queue(session.stage, session.stacks, options.queue)
    back = moves.destination(session.stage, queue, source)
    _confirm(session, options, f"Send {_which(options, queue)} back to {back}")
    return _tell(session, options, "moved", moves.redrive(session.stage, queue, source, order))


def discard(session: Session, options: argparse.Namespace) -> int:
    order = _order(options)
    queue, _ = dead_letter_queue(session.stage, session.stacks, options.queue)
    _confirm(session, options, f"Delete {_which(options, queue)} for good")
    return _tell(session, options, "discarded", moves.discard(session.stage, queue, order))


def _order(options: argparse.Namespace) -> Order:
    if bool(options.ids) == options.all:
        options.parser.error("name letters by their ids, or --all of them")
    ids = tuple(dict.fromkeys(options.ids)) if options.ids else None
    return Order(options.action, ids, rate=options.rate, dry_run=options.dry_run)


def _which(options: argparse.Namespace, queue: Queue) -> str:
    if options.all:
        return f"all letters of {queue.name} (about {queue.depth})"
    return f"{len(options.ids)} letter{'s' if len(options.ids) > 1 else ''} of {queue.name}"


def _confirm(session: Session, options: argparse.Namespace, what: str) -> None:
    """Raises Problem unless it may be done and is wanted."""
    if options.dry_run:
        return
    moves.check_allowed(options.allow_writes, session.stage)
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Problem("not_confirmed", "Nobody is there to be asked.", "Say --yes where that is meant.", 400)
    print(f"{what}, stage {session.stage.name}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Problem("not_confirmed", "Nothing was changed.", "", 400)


def _tell(session: Session, options: argparse.Namespace, done: str, outcome: Outcome) -> int:
    verb = f"would be {done}" if options.dry_run else done
    lines = [f"{letter}  {verb}" for letter in outcome.done]
    document = {done: outcome.done, "failed": outcome.failed, "dry_run": options.dry_run}
    session.tell(document, "\n".join(lines) or f"No letter {verb}.")
    for failure in outcome.failed:
        print(failure["reason"], file=sys.stderr)
    return 1 if outcome.failed else 0
