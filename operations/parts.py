"""The parts of a service map, nodes and edges: their ids, and how X-Ray's filter expressions name them.

A node's id is `type|name`, an edge's `node > node`, or `node ~ node` where nobody waits for the answer (a link).
Filter expressions: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
"""

from __future__ import annotations

from dataclasses import dataclass

from operations.problems import bad_request

CLIENT = "client"
_CALL, _LINK = " > ", " ~ "


@dataclass(frozen=True, order=True)
class Node:
    """Who answers: X-Ray's name and type of a service."""

    type: str
    name: str

    @property
    def id(self) -> str:
        return f"{self.type}|{self.name}"

    @property
    def selector(self) -> str:
        """For GetTimeSeriesServiceStatistics."""
        return f"service({self._id})"

    @property
    def filter(self) -> str:
        """The traces that it takes part in; a client takes part in those that it has begun."""
        return f"service({_quoted(self.name)}) {{first}}" if self.type == CLIENT else self.selector

    @property
    def _id(self) -> str:
        kind = f", type: {_quoted(self.type)}" if self.type else ""
        return f"id(name: {_quoted(self.name)}{kind})"


@dataclass(frozen=True, order=True)
class Edge:
    """Who calls whom, or (a link) hands something over without waiting."""

    source: Node
    target: Node
    link: bool = False

    @property
    def id(self) -> str:
        return f"{self.source.id}{_LINK if self.link else _CALL}{self.target.id}"

    @property
    def selector(self) -> str:
        return f"edge({self.source._id}, {self.target._id})"

    @property
    def filter(self) -> str:
        return f"{self.target.selector} {{first}}" if self.source.type == CLIENT else self.selector


def node(text: str) -> Node:
    """The node of an id. Raises Problem if it is none."""
    type_, bar, name = text.partition("|")
    if not bar or not (type_ or name):
        raise bad_request(f"`{text[:80]}` is no node's id.", "Ids are those of the map: `type|name`.")
    return Node(type_, name)


def edge(text: str) -> Edge:
    """The edge of an id. Raises Problem if it is none."""
    for mark in (_CALL, _LINK):
        source, found, target = text.partition(mark)
        if found:
            return Edge(node(source), node(target), mark == _LINK)
    raise bad_request(f"`{text[:80]}` is no edge's id.", "Ids are those of the map: `type|name > type|name`.")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
