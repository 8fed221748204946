"""The commands that look: each asks, and tells it as a table or as JSON."""

from __future__ import annotations

import argparse
from typing import Any

from operations import causes, dead_letters, logs, queues, service_map, traces, waterfall
from operations.ages import Ages
from operations.parts import CLIENT
from operations.periods import Period
from operations.queues import dead_letter_queue
from operations.session import Session
from operations.tables import block, clock, cut, exceptions, printable, seconds, table, tree, width

Members = dict[str, Any]


def show_map(session: Session, options: argparse.Namespace) -> int:
    found = service_map.service_map(session.stage, session.stacks, Period.between(options.start, options.end))
    figures = ("CALLS/MIN", "OK", "4XX", "429", "5XX", "P50", "P95")
    services = [one for one in found["nodes"] if one["type"] != CLIENT]
    nodes = [(one["context"], one["name"], one["type"], *_figures(one)) for one in services]
    names = {one["id"]: CLIENT if one["type"] == CLIENT else one["name"] for one in found["nodes"]}
    edges = [
        (names[one["source"]], "~>" if one["link"] else "->", names[one["target"]], *_figures(one))
        for one in found["edges"]
    ]
    text = "\n\n".join(
        [table(("CONTEXT", "NODE", "TYPE", *figures), nodes), table(("FROM", "", "TO", *figures), edges)]
    )
    nothing = "Nothing was traced in that time. Another range: --from 6h. An example: make demo."
    session.tell(found, text if nodes else nothing)
    return 0


def list_traces(session: Session, options: argparse.Namespace) -> int:
    period = Period.between(options.start, options.end)
    items: list[Members] = []
    cursor, processed = None, 0
    while len(items) < options.limit:
        page = traces.find(session.stage, period, options.filter, cursor)
        items, processed = items + page["items"], processed + page["processed"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    shown = items[: options.limit]
    lines = [(one["id"], clock(one["at"]), seconds(one["duration"]), _answer(one), _asked(one)) for one in shown]
    text = table(("TRACE", "BEGAN (UTC)", "TOOK", "ANSWER", "REQUEST"), lines)
    nothing = f"None of {processed} traces matches. Another range: --from 6h."
    more = "\nThere are more: --limit, or a narrower filter." if cursor or len(items) > len(shown) else ""
    session.tell({"items": shown, "processed": processed}, text + more if shown else nothing)
    return 0


def show_trace(session: Session, options: argparse.Namespace) -> int:
    found = waterfall.trace(session.stage, options.id)
    text = tree(found)
    failures = [one for row in found["rows"] for one in row["exceptions"]]
    if failures:
        text += f"\n\n{exceptions(failures)}"
    if options.logs:
        found |= {"logs": logs.of_trace(session.stage, session.stacks, options.id, found)}
        text += f"\n\n{_lines(found['logs'])}"
    session.tell(found, text)
    return 0


def show_logs(session: Session, options: argparse.Namespace) -> int:
    found = waterfall.trace(session.stage, options.id)
    lines = logs.of_trace(session.stage, session.stacks, options.id, found)
    session.tell(lines, _lines(lines))
    return 0


def list_queues(session: Session, options: argparse.Namespace) -> int:
    found = queues.overview(session.stage, session.stacks, Ages(session.stage))
    lines = [
        (one["context"], one["name"], one["depth"], one["in_flight"], one["delayed"], _age(one), _dead(one))
        for one in found["items"]
    ]
    head = ("CONTEXT", "QUEUE", "WAITING", "IN FLIGHT", "DELAYED", "OLDEST", "DEAD LETTERS")
    session.tell(found, table(head, lines) if lines else "The stage has no queues: is it deployed?")
    return 0


def list_dead_letters(session: Session, options: argparse.Namespace) -> int:
    if options.queue:
        chosen = [dead_letter_queue(session.stage, session.stacks, options.queue)[0]]
    else:
        chosen = [one for one in queues.queues(session.stage, session.stacks).values() if one.takes_dead_letters]
    found = [{"queue": queue.name, **dead_letters.listed(session.stage, queue)} for queue in chosen]
    lines = [
        (one["queue"], letter["id"], clock(letter["sent_at"]), letter["receives"], letter["trace_id"], _told(letter))
        for one in found
        for letter in one["items"]
    ]
    text = table(("QUEUE", "ID", "SENT (UTC)", "RECEIVED", "TRACE", "EVENT"), lines)
    cut_short = "".join(f"\n{one['queue']} has more." for one in found if one["truncated"])
    session.tell({"queues": found}, text + cut_short if lines else "There are no dead letters.")
    return 0


def show_dead_letter(session: Session, options: argparse.Namespace) -> int:
    queue, source = dead_letter_queue(session.stage, session.stacks, options.queue)
    letter = dead_letters.opened(session.stage, queue, options.id)
    letter |= causes.exceptions(session.stage, session.stacks, source, letter)
    about = [
        ("id", letter["id"]),
        ("sent (UTC)", clock(letter["sent_at"])),
        ("received", f"{letter['receives']} times"),
        ("event", _told(letter)),
        ("trace", letter["trace_id"]),
        *((f"attribute {name}", value) for name, value in letter["attributes"].items()),
    ]
    parts = [
        table((queue.name, ""), about),
        block(letter["body"]),
        exceptions(letter["exceptions"]) or "Neither its trace nor the log tells of an exception.",
    ]
    session.tell(letter, "\n\n".join(parts))
    return 0


def _figures(part: Members) -> tuple[Any, ...]:
    counts = part["statistics"]
    rate = f"{part['calls_per_minute']:.1f}"
    times = seconds(part["p50"]), seconds(part["p95"])
    return rate, counts.ok, counts.error, counts.throttle, counts.fault, *times


def _asked(trace: Members) -> str:
    asked = " ".join(word for word in (trace["method"], trace["url"]) if word)
    return cut(asked or trace["entry"] or "", max(20, width() - 85))


def _answer(trace: Members) -> str:
    marks = [mark for mark in ("fault", "throttle", "error", "partial") if trace[mark]]
    return " ".join([str(trace["status"] or "-"), *marks])


def _lines(found: Members) -> str:
    told = [
        f"{clock(one['at'])}  {one['level'] or '-':8} {one['function']}  {printable(one['message'])}"
        + (f"\n{block(str(one['fields']['exception']))}" if one["fields"].get("exception") else "")
        for one in found["lines"]
    ]
    more = ["There are more lines."] if found["truncated"] else []
    return "\n".join(told + more) or "No line of the functions that took part names this trace."


def _age(queue: Members) -> str:
    return seconds(queue["oldest_age"])


def _dead(queue: Members) -> str:
    letters = queue["dead_letters"]
    if not letters:
        return "-"
    hidden = f" and {letters['in_flight']} being looked at" if letters["in_flight"] else ""
    return f"{letters['depth']}{hidden} in {letters['name']}"


def _told(letter: Members) -> str:
    event = " ".join(word for word in (letter["event_type"], letter["event_id"]) if word)
    return cut(event or letter["body"], 60)
