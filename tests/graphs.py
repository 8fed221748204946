"""Service graphs as boto3's client reads them, and what holds of every one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

Node = tuple[str, str]
"""Name and type."""
Graph = dict[Node, dict[str, Any]]


def by_name(services: Iterable[dict[str, Any]]) -> Graph:
    """Nodes by name and type; `targets` are their edges by the node they lead to."""
    found = list(services)
    names = {node["ReferenceId"]: (node["Name"], node.get("Type", "")) for node in found}
    assert len(names) == len(found)
    for node in found:
        node["targets"] = {names[edge["ReferenceId"]]: edge for edge in node["Edges"]}
    return {names[node["ReferenceId"]]: node for node in found}


def read(xray: Any, start: float, end: float) -> Graph:
    """GetServiceGraph from a second to another, all pages."""
    pages = xray.get_paginator("get_service_graph").paginate(StartTime=start, EndTime=end)
    return by_name(node for page in pages for node in page["Services"])


def components(found: Graph) -> list[set[Node]]:
    """The parts of the graph that no edge connects, largest first (union-find)."""
    leads = {node: node for node in found}

    def leader(node: Node) -> Node:
        while leads[node] != node:
            leads[node] = node = leads[leads[node]]
        return node

    for node, members in found.items():
        for target in members["targets"]:
            leads[leader(node)] = leader(target)
    parts: dict[Node, set[Node]] = defaultdict(set)
    for node in found:
        parts[leader(node)].add(node)
    return sorted(parts.values(), key=len, reverse=True)


def counts(statistics: dict[str, Any]) -> tuple[int, int, int, int]:
    """ok, error, throttle, fault."""
    errors, faults = statistics["ErrorStatistics"], statistics["FaultStatistics"]
    return statistics["OkCount"], errors["OtherCount"], errors["ThrottleCount"], faults["TotalCount"]


def assert_sums_hold(found: Graph) -> None:
    """Of each node and each edge: what fared well and ill is all there is, in the counts as in the histograms."""
    for node in found.values():
        for part in [node, *node["Edges"]]:
            statistics = part["SummaryStatistics"]
            assert sum(counts(statistics)) == statistics["TotalCount"]
            assert statistics["ErrorStatistics"]["TotalCount"] == sum(counts(statistics)[1:3])
            if part.get("EdgeType") == "link":
                histogram = part["ReceivedEventAgeHistogram"]
                assert part["ResponseTimeHistogram"] == []
            else:
                histogram = part["ResponseTimeHistogram"]
            assert sum(entry["Count"] for entry in histogram) == statistics["TotalCount"]


def of_traces(xray: Any, trace_ids: list[str]) -> Graph:
    """The graph of any number of traces: GetTraceGraph's answers for five at a time, added up."""
    total: Graph = {}
    for first in range(0, len(trace_ids), 5):
        pages = xray.get_paginator("get_trace_graph").paginate(TraceIds=trace_ids[first : first + 5])
        for name, node in by_name(node for page in pages for node in page["Services"]).items():
            known = total.setdefault(name, {"targets": {}})
            _add(known, node)
            for target, edge in node["targets"].items():
                _add(known["targets"].setdefault(target, {}), edge)
    return total


def _add(known: dict[str, Any], more: dict[str, Any]) -> None:
    if "EdgeType" in more:
        known["EdgeType"] = more["EdgeType"]
    known["SummaryStatistics"] = _sum(known.get("SummaryStatistics", {}), more["SummaryStatistics"])


def _sum(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _sum(one.get(name, {}), value) if isinstance(value, dict) else one.get(name, 0) + value
        for name, value in other.items()
    }
