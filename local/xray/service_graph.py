"""Tallies as the answers of GetServiceGraph, GetTraceGraph and GetTimeSeriesServiceStatistics show them."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.xray.observations import CLIENT, Service
from local.xray.tally import Tally

Members = dict[str, Any]


@dataclass
class _Node:
    tally: Tally = field(default_factory=Tally)
    accounts: set[str] = field(default_factory=set)
    sends: bool = False


@dataclass
class _Edge:
    tally: Tally = field(default_factory=Tally)
    aliases: set[str] = field(default_factory=set)


Edge = tuple[Service, Service, bool]


def services(tallies: Mapping[str, Tally]) -> list[Members]:
    """The nodes of the parts that were tallied, each with the edges that leave it, in the order of type and name;
    ReferenceIds count from 0."""
    nodes, edges = _sorted_out(tallies)
    order = {service: number for number, service in enumerate(sorted(nodes, key=_order))}
    leaving: dict[Service, list[Edge]] = defaultdict(list)
    for edge in edges:
        leaving[edge[0]].append(edge)
    roots = {target for source, target, _ in edges if source.type == CLIENT}
    found = []
    for service, number in order.items():
        members = _service(service, nodes[service]) | {"ReferenceId": number, "Root": service in roots}
        own = sorted(leaving[service], key=lambda edge: (order[edge[1]], edge[2]))
        members["Edges"] = [_edge(edge, edges[edge], order) for edge in own]
        found.append(members | _times_of_client(service, [edges[edge] for edge in own]))
    return found


def histogram(counts: Counter[float]) -> list[Members]:
    return [{"Value": value, "Count": count} for value, count in sorted(counts.items())]


def _sorted_out(tallies: Mapping[str, Tally]) -> tuple[dict[Service, _Node], dict[Edge, _Edge]]:
    nodes: dict[Service, _Node] = defaultdict(_Node)
    edges: dict[Edge, _Edge] = defaultdict(_Edge)
    for part, tally in tallies.items():
        kind, *about = json.loads(part)
        if kind == "node":
            name, type_, account, inferred = about
            node = nodes[Service(name, type_)]
            node.tally.merge(tally)
            node.sends |= not inferred
            node.accounts |= {account} if account else set()
        else:
            source, target, link, alias = about
            edge = edges[Service(*source), Service(*target), link]
            edge.tally.merge(tally)
            edge.aliases |= {alias} if alias else set()
    for source, target, _ in edges:  # an end may be in progress, and so without an observation
        nodes[source], nodes[target]
    return nodes, edges


def _order(service: Service) -> tuple[bool, str, str]:
    return service.type != CLIENT, service.name, service.type


def _service(service: Service, node: _Node) -> Members:
    return {
        "Name": service.name,
        "Names": [service.name],
        **({"Type": service.type} if service.type else {}),
        **({"AccountId": min(node.accounts)} if node.accounts else {}),
        "State": "active" if node.sends else "unknown",
        "SummaryStatistics": node.tally.statistics(),
        "ResponseTimeHistogram": histogram(node.tally.responses),
        "DurationHistogram": histogram(node.tally.durations),
        **node.tally.times(),
    }


def _times_of_client(service: Service, leaving: Sequence[_Edge]) -> Members:
    """A client sends nothing: what is known of it are its requests."""
    if service.type != CLIENT:
        return {}
    return {
        "StartTime": min(edge.tally.first for edge in leaving),
        "EndTime": max(edge.tally.last for edge in leaving),
    }


def _edge(edge: Edge, found: _Edge, order: dict[Service, int]) -> Members:
    _, target, link = edge
    members = {
        "ReferenceId": order[target],
        "SummaryStatistics": found.tally.statistics(),
        "ResponseTimeHistogram": [] if link else histogram(found.tally.responses),
        "Aliases": [{"Name": name, "Names": [name], "Type": target.type} for name in sorted(found.aliases)],
        **found.tally.times(),
    }
    if link:
        members |= {"EdgeType": "link", "ReceivedEventAgeHistogram": histogram(found.tally.durations)}
    return members
