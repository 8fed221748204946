"""The bounded contexts as they tell and listen, found in their folders; and who is expected to tell what to whom."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from marshmallow import Schema

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "shared" / "contracts"

EMITTED = {
    "customer-support": {
        "CustomerRegistered",
        "CustomerUpdated",
        "TicketOpened",
        "TicketAssigned",
        "TicketReclassified",
        "FirstResponseSent",
        "TicketSolved",
        "TicketReopened",
        "TicketClosed",
        "SlaBreached",
        "SatisfactionRecorded",
    },
    "invoicing": {
        "InvoiceDrafted",
        "InvoiceIssued",
        "InvoicePaid",
        "InvoiceVoided",
        "InvoiceMarkedUncollectible",
        "InvoiceOverdue",
        "InvoiceDisputed",
        "DisputeSettled",
        "DunningStepReached",
        "CreditNoteIssued",
        "PaymentRecorded",
        "PaymentAllocated",
        "PaymentReversed",
        "PaymentRefunded",
        "TimeEntryBilled",
    },
    "analytics": {"FileDropProcessed", "FileDropRejected", "DataQualityAlertRaised", "ProjectionRebuilt"},
}
CONSUMED = {
    "customer-support": {"TimeEntryBilled"},
    "invoicing": {"CustomerRegistered", "CustomerUpdated", "TicketSolved"},
    "analytics": {
        "TicketOpened",
        "TicketAssigned",
        "TicketReclassified",
        "FirstResponseSent",
        "TicketSolved",
        "TicketReopened",
        "TicketClosed",
        "SlaBreached",
        "SatisfactionRecorded",
        "InvoiceIssued",
        "InvoiceVoided",
        "InvoiceMarkedUncollectible",
        "PaymentRecorded",
        "PaymentAllocated",
        "PaymentReversed",
        "PaymentRefunded",
        "CreditNoteIssued",
    },
}
CONTEXTS = sorted(EMITTED)
"""What each context tells and listens to. Whoever adds an event or a consumer says so here, for all to see."""


def folders() -> list[str]:
    """The contexts that there are."""
    return sorted(folder.parent.name for folder in (ROOT / "services").glob("*/serverless.yml"))


def contracts_of(context: str) -> dict[str, Path]:
    """The contracts of a context's events, version 1, by event type."""
    return {path.name.removesuffix(".v1.json"): path for path in (CONTRACTS / context).glob("*.v1.json")}


def module(context: str, name: str) -> ModuleType:
    """A module of a context's package, ``handlers.inbox`` for example."""
    package = context.replace("-", "_")
    with _findable(ROOT / "services" / context):
        import_module(package)
    return import_module(f"{package}.{name}")


def consumers(context: str) -> dict[str, Schema]:
    """What a context reads of each event type that it consumes."""
    inbox = module(context, "handlers.inbox").inbox
    return dict(inbox.schemas)


def subscribed(context: str) -> set[str]:
    """The event types that a context's template lets into its queue."""
    template = yaml.load((ROOT / "services" / context / "serverless.yml").read_text(), Loader=_Template)
    resources: dict[str, Any] = {}
    for part in template["resources"]:
        resources |= part["Resources"] if isinstance(part, dict) else {}
    subscriptions = [one for one in resources.values() if one["Type"] == "AWS::SNS::Subscription"]
    return {type for one in subscriptions for type in one["Properties"]["FilterPolicy"]["type"]}


@contextmanager
def _findable(folder: Path) -> Iterator[None]:
    # For a moment only: a service's folder holds a package called "tests", which would hide this one.
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


class _Template(yaml.SafeLoader):
    """Reads templates without caring for CloudFormation's own tags."""


_Template.add_multi_constructor("!", lambda loader, tag, node: f"{tag} {node.value}")
