"""Writes of what is promised to customers."""

import re

from backoffice.errors import NotFound
from backoffice.http import Answer, Request, ok
from customer_support import schemas
from customer_support.domain.calendars import Calendar
from customer_support.domain.service_levels import Policy, ServiceLevels
from customer_support.handlers.commands.routes import AGENTS, api
from customer_support.store import Store
from customer_support.store.service_levels import Rewind


@api.put("/calendars/{calendar_id}", group=AGENTS, body=schemas.Calendar, answer=schemas.Calendar)
def put_calendar(request: Request) -> Answer:
    """Set working hours; open clocks are computed anew within minutes, what was met or breached stays so."""
    id, store = _name(request, "calendar_id"), Store()
    levels = store.service_levels()
    version = request.version_over(levels.calendars.get(id))
    calendar = Calendar(id=id, version=version + 1, **request.body)
    levels.put_calendar(calendar)
    store.save_service_levels(levels, _rewind("calendar", id, levels, request))
    return ok(calendar, version=calendar.version)


@api.put("/sla-policies/{policy_id}", group=AGENTS, body=schemas.Policy, answer=schemas.Policy)
def put_policy(request: Request) -> Answer:
    """Set targets; a ticket is under the policy that bears its queue's name when it is opened, else under default."""
    id, store = _name(request, "policy_id"), Store()
    levels = store.service_levels()
    version = request.version_over(levels.policies.get(id))
    policy = Policy(id=id, version=version + 1, **request.body)
    levels.put_policy(policy)
    store.save_service_levels(levels, _rewind("policy", id, levels, request))
    return ok(policy, version=policy.version)


def _name(request: Request, parameter: str) -> str:
    name = request.path[parameter]
    if not re.fullmatch(schemas.SLUG, name):
        raise NotFound(parameter.removesuffix("_id"), name)
    return name


def _rewind(kind: str, id: str, levels: ServiceLevels, request: Request) -> Rewind:
    return Rewind(kind, id, levels.next_version, request.at)
