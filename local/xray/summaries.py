"""What GetTraceSummaries tells about one assembled trace.

Meaning of each member: https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html
Documents come from any sender, so every optional field is read as "absent" when it is not of the documented type.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from local.xray.assembly import Entity, Trace
from local.xray.fields import child, instance, text

_MEMBER_OF = {bool: "BooleanValue", int: "NumberValue", float: "NumberValue", str: "StringValue"}


def summary(trace: Trace) -> dict[str, Any]:
    """A TraceSummary in the shape of botocore's model; members that the trace says nothing of are left out."""
    root = entry(trace)
    members = {
        "Id": trace.id,
        "StartTime": trace.started,
        "Duration": trace.duration,
        "ResponseTime": None if root.ended is None else max(0.0, root.ended - root.started),
        "HasFault": root.fields.get("fault") is True,
        "HasError": root.fields.get("error") is True,
        "HasThrottle": any(segment.fields.get("throttle") is True for segment in trace.roots),
        "IsPartial": any(entity.ended is None for segment in trace.roots for entity in segment.walk()),
        "Http": _http(root),
        "Annotations": _annotations(trace),
        "Users": _users(trace),
        "ServiceIds": _distinct([service for root in trace.roots for service in _services(root)]),
        "EntryPoint": next(iter(_services(root)), None),
        "ResourceARNs": _told(trace, "ARN", lambda segment: text(segment.fields, "resource_arn")),
        "InstanceIds": _told(trace, "Id", lambda segment: text(instance(segment.fields), "instance_id")),
        "AvailabilityZones": _told(trace, "Name", lambda segment: text(instance(segment.fields), "availability_zone")),
    }
    return {name: value for name, value in members.items() if value is not None}


def entry(trace: Trace) -> Entity:
    """The root of the trace: the first segment without a parent, else the first entity whose parent is unknown."""
    known = {entity.id for root in trace.roots for entity in root.walk()}
    parentless = [root for root in trace.roots if root.parent_id is None]
    unknown = [root for root in trace.roots if root.parent_id not in known]
    return (parentless or unknown or trace.roots)[0]


def _told(trace: Trace, member: str, of: Callable[[Entity], str | None]) -> list[dict[str, str]] | None:
    """What the segments tell of the resources that they come from, each once; None where they tell nothing."""
    return [{member: value} for value in dict.fromkeys(map(of, trace.roots)) if value] or None


def _services(root: Entity) -> list[dict[str, Any]]:
    """The ServiceId of a segment, as a list of one; none for an orphan subsegment, which is work and no service."""
    if root.is_subsegment:
        return []
    name = root.fields["name"]
    service: dict[str, Any] = {"Name": name, "Names": [name]}
    if origin := text(root.fields, "origin"):
        service["Type"] = origin
    if account := text(child(root.fields, "aws"), "account_id"):
        service["AccountId"] = account
    return [service]


def _http(root: Entity) -> dict[str, Any] | None:
    http = child(root.fields, "http")
    request, response = child(http, "request"), child(http, "response")
    status = response.get("status")
    members = {
        "HttpURL": text(request, "url"),
        "HttpStatus": status if isinstance(status, int) and not isinstance(status, bool) else None,
        "HttpMethod": text(request, "method"),
        "UserAgent": text(request, "user_agent"),
        "ClientIp": text(request, "client_ip"),
    }
    return {name: value for name, value in members.items() if value is not None} or None


def _annotations(trace: Trace) -> dict[str, list[dict[str, Any]]]:
    """Per key the distinct values of all segments and subsegments, each with the services that set it."""
    found: dict[str, dict[tuple[str, Any], list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for root in trace.roots:
        for entity in root.walk():
            for key, value in child(entity.fields, "annotations").items():
                if member := _MEMBER_OF.get(type(value)):
                    found[key][member, value] += _services(root)
    return {
        key: [
            {"AnnotationValue": {member: value}, "ServiceIds": _distinct(services)}
            for (member, value), services in values.items()
        ]
        for key, values in found.items()
    }


def _users(trace: Trace) -> list[dict[str, Any]]:
    users: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for root in trace.roots:
        if user := text(root.fields, "user"):
            users[user] += _services(root)
    return [{"UserName": user, "ServiceIds": _distinct(services)} for user, services in users.items()]


def _distinct(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(s["Name"], s.get("Type"), s.get("AccountId")): s for s in services}.values())
