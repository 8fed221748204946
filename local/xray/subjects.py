"""What a filter expression is asked of: a whole trace, one of its services, or one of its edges.

Meaning of the keywords: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from local.xray.assembly import Entity, Trace
from local.xray.fields import child, flag, instance, text
from local.xray.inference import REMOTE, is_call
from local.xray.summaries import entry

BOOLEANS = ("ok", "error", "fault", "throttle", "partial", "inferred", "remote", "root", "first")
NUMBERS = ("responsetime", "duration", "http.status")

_REQUEST = {"http.url": "url", "http.method": "method", "http.useragent": "user_agent", "http.clientip": "client_ip"}
_INSTANCE = {"instance.id": "instance_id", "availabilityzone": "availability_zone"}
TEXTS = (*_REQUEST, *_INSTANCE, "user", "name", "type", "resource.arn")

Who = tuple[str, str, str | None]
"""Name, type and account of a service."""


class Subject:
    """`view` tells how it fared, `segment` whose it is; `who` are the services concerned (one, of an edge two)."""

    def __init__(self, whole: "Whole", segment: Entity, view: Entity, who: list[Who]) -> None:
        self._whole, self.segment, self._view, self.who = whole, segment, view, who

    @property
    def services(self) -> list["Subject"]:
        return self._whole.services

    @property
    def edges(self) -> list["Subject"]:
        return self._whole.edges

    def values(self, keyword: str) -> list[Any]:
        """What the keyword says of it: one truth value, or any number of numbers or texts."""
        if keyword in BOOLEANS:
            return [_TRUTHS[keyword](self)]
        value = self._value(keyword)
        return [] if value is None else value if isinstance(value, list) else [value]

    def annotations(self, key: str) -> list[Any]:
        """The values that its entities have under a key, of the types that X-Ray indexes."""
        values = (child(entity.fields, "annotations").get(key) for entity in self._entities())
        return [value for value in values if isinstance(value, str | int | float)]

    def _entities(self) -> list[Entity]:
        return list(self.segment.walk())

    def _value(self, keyword: str) -> Any:
        http = child(self._view.fields, "http")
        if keyword in _REQUEST:
            return text(child(http, "request"), _REQUEST[keyword])
        if keyword == "http.status":
            return child(http, "response").get("status")
        if keyword == "resource.arn":
            return text(self._view.fields, "resource_arn")
        if keyword in _INSTANCE:
            return text(instance(self.segment.fields), _INSTANCE[keyword])
        if keyword in ("name", "type"):
            return [name if keyword == "name" else type_ for name, type_, _ in self.who]
        return self._users() if keyword == "user" else self._seconds(keyword)

    def _seconds(self, keyword: str) -> float | None:
        ended = self._view.ended
        return None if ended is None else max(0.0, ended - self._view.started)

    def _users(self) -> list[str]:
        return [user] if (user := text(self.segment.fields, "user")) else []

    def marked(self, mark: str) -> bool:
        return flag(self._view.fields, mark)

    @property
    def is_partial(self) -> bool:
        return any(entity.ended is None for entity in self._entities())

    @property
    def is_root(self) -> bool:
        return self.segment is self._whole.entry


class _WholeTrace(Subject):
    """A trace as its entry answers; annotations, users and what is missing are anybody's in it."""

    def _entities(self) -> list[Entity]:
        return [entity for root in self._whole.roots for entity in root.walk()]

    def _seconds(self, keyword: str) -> float | None:
        return self._whole.duration if keyword == "duration" else super()._seconds(keyword)

    def _users(self) -> list[str]:
        return [user for root in self._whole.roots if (user := text(root.fields, "user"))]


class Whole:
    """A completed trace with its inferred segments, as filter expressions see it."""

    def __init__(self, trace: Trace) -> None:
        self.roots, self.duration, self.entry = trace.roots, trace.duration, entry(trace)

    @cached_property
    def trace(self) -> Subject:
        return _WholeTrace(self, self.entry, self.entry, [_who(self.entry)])

    @cached_property
    def services(self) -> list[Subject]:
        return [Subject(self, segment, segment, [_who(segment)]) for segment in self._segments()]

    @cached_property
    def edges(self) -> list[Subject]:
        owners = {entity.id: (root, entity) for root in self.roots for entity in root.walk()}
        found = []
        for segment in self._segments():
            caller, parent = owners.get(segment.parent_id or "", (None, None))
            if caller and parent and not caller.is_subsegment:
                view = parent if is_call(parent) else segment
                found.append(Subject(self, segment, view, [_who(caller), _who(segment)]))
        return found

    def _segments(self) -> list[Entity]:
        return [root for root in self.roots if not root.is_subsegment]


def _who(segment: Entity) -> Who:
    account = text(child(segment.fields, "aws"), "account_id")
    return str(segment.fields["name"]), segment.origin or "", account


_TRUTHS: dict[str, Callable[[Subject], bool]] = {
    "ok": lambda subject: not any(subject.marked(mark) for mark in ("error", "fault", "throttle")),
    "error": lambda subject: subject.marked("error"),
    "fault": lambda subject: subject.marked("fault"),
    "throttle": lambda subject: subject.marked("throttle"),
    "partial": lambda subject: subject.is_partial,
    "inferred": lambda subject: flag(subject.segment.fields, "inferred"),
    "remote": lambda subject: subject.segment.origin == REMOTE,
    "root": lambda subject: subject.is_root,
    "first": lambda subject: subject.is_root,
}
