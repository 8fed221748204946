"""The service map: who calls whom, how often, how fast, with what success; and how a part of it fared over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from operations.figures import Histogram, Statistics, Times
from operations.parts import CLIENT, Edge, Node
from operations.periods import Period, written
from operations.problems import asking
from operations.stacks import Stacks
from operations.stage import Stage

Members = dict[str, Any]


@dataclass
class _Seen:
    statistics: Statistics = field(default_factory=Statistics)
    times: Times = field(default_factory=Times)
    ages: Times = field(default_factory=Times)
    aliases: set[str] = field(default_factory=set)
    root: bool = False

    def add(self, members: Mapping[str, Any]) -> None:
        """Add what X-Ray says of a service or an edge."""
        self.statistics.add(members.get("SummaryStatistics", {}))
        self.times.add(members.get("ResponseTimeHistogram", []))
        self.ages.add(members.get("ReceivedEventAgeHistogram", []))
        self.root |= bool(members.get("Root"))
        self.aliases |= {alias["Name"] for alias in members.get("Aliases", []) if alias.get("Name")}


@dataclass(frozen=True)
class Figures:
    """What nodes and edges have in common; seconds, None without figures."""

    statistics: Statistics
    calls_per_minute: float
    p50: float | None
    p95: float | None
    histogram: Histogram


def service_map(stage: Stage, stacks: Stacks, period: Period) -> Members:
    """`{"from", "to", "nodes": [..], "edges": [..]}` of the requests that began in `period`."""
    nodes: dict[Node, _Seen] = {}
    edges: dict[Edge, _Seen] = {}
    for window in period.windows():
        _add(list(_services(stage, window)), nodes, edges)
    contexts = stacks.contexts()
    return {
        "from": written(period.start),
        "to": written(period.end),
        "nodes": [
            {
                "id": node.id,
                "name": node.name,
                "type": node.type,
                "context": None if node.type == CLIENT else stacks.context_of(node.name, contexts),
                "root": seen.root,
                **vars(_figures(seen, period)),
            }
            for node, seen in sorted(nodes.items(), key=lambda item: item[0])
        ],
        "edges": [
            {
                "id": edge.id,
                "source": edge.source.id,
                "target": edge.target.id,
                "link": edge.link,
                "aliases": sorted(seen.aliases),
                **vars(_figures(seen, period)),
                "ages": seen.ages.histogram,
            }
            for edge, seen in sorted(edges.items(), key=lambda item: item[0])
        ],
    }


def series(stage: Stage, part: Node | Edge, period: Period) -> Members:
    """`{"period": seconds, "points": [..]}` of one part; periods in which nothing happened are left out."""
    step = 60 if period.minutes <= 180 else 300
    points = sorted(
        (_point(slot) for window in period.windows() for slot in _slots(stage, part.selector, window, step)),
        key=lambda point: str(point["at"]),
    )
    return {"period": step, "points": points}


def _services(stage: Stage, window: Period) -> Iterator[Members]:
    with asking("for the service map"):
        asked = {"StartTime": window.start, "EndTime": window.end}
        yield from stage.every("xray", "get_service_graph", "Services", **asked)


def _add(services: list[Members], nodes: dict[Node, _Seen], edges: dict[Edge, _Seen]) -> None:
    """Add a whole graph; its ReferenceIds hold over all its pages and no further."""
    known = {service["ReferenceId"]: _node(service) for service in services}
    for service in services:
        source = known[service["ReferenceId"]]
        nodes.setdefault(source, _Seen()).add(service)
        for members in service.get("Edges", []):
            target = known.get(members["ReferenceId"])
            if target is not None:
                edge = Edge(source, target, members.get("EdgeType") == "link")
                edges.setdefault(edge, _Seen()).add(members)


def _node(service: Members) -> Node:
    type_ = service.get("Type") or ""
    return Node(type_, service.get("Name") or next(iter(service.get("Names", [])), type_ or "unknown"))


def _figures(seen: _Seen, period: Period) -> Figures:
    return Figures(
        seen.statistics,
        seen.statistics.total / period.minutes,
        seen.times.percentile(0.5),
        seen.times.percentile(0.95),
        seen.times.histogram,
    )


def _slots(stage: Stage, selector: str, window: Period, step: int) -> Iterator[Members]:
    with asking("how that fared over time"):
        asked = {"StartTime": window.start, "EndTime": window.end, "Period": step, "EntitySelectorExpression": selector}
        yield from stage.every("xray", "get_time_series_service_statistics", "TimeSeriesServiceStatistics", **asked)


def _point(slot: Members) -> Members:
    statistics, times = Statistics(), Times()
    statistics.add(slot.get("ServiceSummaryStatistics") or slot.get("EdgeSummaryStatistics") or {})
    times.add(slot.get("ResponseTimeHistogram", []))
    seconds = statistics.total_response_time
    return {
        "at": written(datetime.fromtimestamp(slot["Timestamp"].timestamp(), UTC)),
        "ok": statistics.ok,
        "error": statistics.error,
        "throttle": statistics.throttle,
        "fault": statistics.fault,
        "total": statistics.total,
        "average": seconds / statistics.total if statistics.total else None,
        "p50": times.percentile(0.5),
        "p95": times.percentile(0.95),
    }
