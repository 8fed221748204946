"""The documents of one trace put together: a tree for each segment, whatever the order and repetition they came in.

Every document is taken apart into entities (the segment or subsegment itself, and each embedded subsegment), the best
of each id is kept, and the trees are built anew from the parent ids.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local.xray.documents import loads, rank
from local.xray.fields import text

MAX_TREE_DEPTH = 64
_SENT_ALONE = ("type", "trace_id", "parent_id")


@dataclass(slots=True, eq=False)
class Entity:
    """A segment or a subsegment.

    `fields` are those of its document without `subsegments`. `started` and `ended` are epoch seconds, the latter None
    while in progress: read once, since a graph asks for them over and over.
    """

    fields: dict[str, Any]
    parent_id: str | None
    is_subsegment: bool
    children: list["Entity"] = field(default_factory=list)
    id: str = field(init=False)
    started: float = field(init=False)
    ended: float | None = field(init=False)

    def __post_init__(self) -> None:
        complete, ended = rank(self.fields)
        self.id = self.fields["id"]
        self.started = float(self.fields["start_time"])
        self.ended = ended if complete else None

    @property
    def origin(self) -> str | None:
        """The type of the resource that a segment comes from."""
        return text(self.fields, "origin")

    def walk(self) -> list["Entity"]:
        """Itself and everything under it, parents first."""
        found = [self]
        for entity in found:
            found += entity.children
        return found


@dataclass(slots=True)
class Trace:
    """`roots` are the segments and the orphan subsegments, each with what is embedded in it, by start time."""

    id: str
    roots: list[Entity]

    @property
    def started(self) -> float:
        return min(root.started for root in self.roots)

    @property
    def ended(self) -> float | None:
        """The end of what ended last; None when nothing has ended yet."""
        return max((ended for root in self.roots for e in root.walk() if (ended := e.ended) is not None), default=None)

    @property
    def duration(self) -> float | None:
        """Seconds from the earliest start to the last end; None when nothing has ended yet."""
        ended = self.ended
        return None if ended is None else max(0.0, ended - self.started)


def assemble(trace_id: str, bodies: Iterable[str]) -> Trace:
    """The trace whose stored documents (JSON texts, at least one) are `bodies`."""
    best: dict[str, Entity] = {}
    for body in bodies:
        for entity in _taken_apart(loads(body)):
            known = best.get(entity.id)
            if known is None or _order(known) < _order(entity):
                best[entity.id] = entity
    roots = _linked(sorted(best.values(), key=_by_start))
    return Trace(trace_id, sorted(roots, key=_by_start))


def document(root: Entity, trace_id: str) -> dict[str, Any]:
    """The segment document of a root, subsegments embedded; an orphan says whose child it is."""
    if not root.is_subsegment:
        return _nested(root, root.fields)
    alone = {"type": "subsegment", "trace_id": trace_id, "parent_id": root.parent_id}
    return _nested(root, root.fields | alone)


def _taken_apart(fields: dict[str, Any]) -> Iterator[Entity]:
    waiting = [(fields, fields.get("parent_id"), fields.get("type") == "subsegment")]
    while waiting:
        own, parent_id, is_subsegment = waiting.pop()
        embedded = own.pop("subsegments", None) or ()
        yield Entity(own, parent_id, is_subsegment)
        waiting += [(child, own["id"], True) for child in embedded]


def _linked(entities: list[Entity]) -> list[Entity]:
    """Gives each entity its children and returns the roots. Nothing is lost to a cycle or an endless chain."""
    known = {entity.id for entity in entities}
    children: dict[str, list[Entity]] = defaultdict(list)
    for entity in entities:
        if entity.is_subsegment and entity.parent_id in known:
            children[entity.parent_id].append(entity)
    roots = [e for e in entities if not (e.is_subsegment and e.parent_id in known)]
    reached: set[str] = set()
    for entity in [*roots, *entities]:
        if entity.id not in reached:
            roots += _grow(entity, children, reached)
    return list({root.id: root for root in roots}.values())


def _grow(top: Entity, children: dict[str, list[Entity]], reached: set[str]) -> list[Entity]:
    """Hangs everything reachable under `top`; returns `top` and what had to become a root of its own for its depth."""
    tops, waiting = [top], [(top, 1)]
    reached.add(top.id)
    while waiting:
        entity, depth = waiting.pop()
        for child in children[entity.id]:
            if child.id in reached:
                continue
            reached.add(child.id)
            too_deep = depth >= MAX_TREE_DEPTH
            (tops if too_deep else entity.children).append(child)
            waiting.append((child, 1 if too_deep else depth + 1))
    return tops


def _nested(entity: Entity, fields: dict[str, Any]) -> dict[str, Any]:
    if not entity.children:
        return fields
    embedded = [
        _nested(child, {k: v for k, v in child.fields.items() if k not in _SENT_ALONE}) for child in entity.children
    ]
    return {**fields, "subsegments": embedded}


def _order(entity: Entity) -> tuple[bool, float, int, str]:
    text = json.dumps(entity.fields, sort_keys=True)
    return *rank(entity.fields), len(text), text


def _by_start(entity: Entity) -> tuple[float, str]:
    return entity.started, entity.id
