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

from backoffice.messages.inbox import Inbox
from compatibility import contracts
from compatibility.contracts import ROOT, Contract

CONTRACTS = contracts.FOLDER

EMITTED = {
    "customer-support": {
        "CustomerRegistered",
        "CustomerUpdated",
        "TicketOpened",
        "TicketAssigned",
        "FirstResponseSent",
        "TicketSolved",
        "TicketReopened",
        "TicketClosed",
        "SlaBreached",
        "SatisfactionRecorded",
        "DisputeResolved",
        "DisputeTicketRefused",
        "EraseCustomer",
        "ForgetCustomer",
        "CustomerErased",
    },
    "invoicing": {
        "InvoiceDrafted",
        "InvoiceIssued",
        "InvoicePaid",
        "InvoiceVoided",
        "InvoiceMarkedUncollectible",
        "InvoiceOverdue",
        "InvoiceDisputed",
        "DisputeEscalated",
        "DisputeSettled",
        "OpenDisputeTicket",
        "DunningStepReached",
        "CreditNoteIssued",
        "PaymentRecorded",
        "PaymentReversed",
        "PaymentRefunded",
        "TimeEntryBilled",
        "ErasureAnsweredByInvoicing",
        "ForgetAccount",
    },
    "analytics": {"FileDropProcessed", "FileDropRejected", "DataQualityAlertRaised", "ErasureAnsweredByAnalytics"},
}
CONSUMED = {
    "customer-support": {
        "TimeEntryBilled",
        "DunningStepReached",
        "InvoicePaid",
        "InvoiceVoided",
        "InvoiceMarkedUncollectible",
        "InvoiceDisputed",
        "DisputeSettled",
        "OpenDisputeTicket",
        "ForgetCustomer",
        "ErasureAnsweredByInvoicing",
        "ErasureAnsweredByAnalytics",
    },
    "invoicing": {
        "EraseCustomer",
        "ForgetAccount",
        "CustomerRegistered",
        "CustomerUpdated",
        "TicketSolved",
        "DisputeResolved",
        "DisputeTicketRefused",
    },
    "analytics": {"TicketOpened", "TicketSolved", "InvoiceIssued", "PaymentRecorded", "EraseCustomer"},
}
TO_ITSELF = {"ForgetCustomer", "ForgetAccount"}
"""Commands by which a context goes on with a long work, step by step."""
ADDRESSED = {
    "OpenDisputeTicket",
    "DisputeResolved",
    "DisputeTicketRefused",
    "EraseCustomer",
    "ErasureAnsweredByInvoicing",
    "ErasureAnsweredByAnalytics",
    *TO_ITSELF,
}
"""Commands and replies: sent to one context's queue, told to nobody else."""
CONTEXTS = sorted(EMITTED)
"""What each context tells and listens to. Whoever adds an event or a consumer says so here, for all to see."""


def folders() -> list[str]:
    """The contexts that there are."""
    return sorted(folder.parent.name for folder in (ROOT / "services").glob("*/serverless.yml"))


def told(context: str) -> dict[str, Contract]:
    """What a context tells, by message type: of each the one version that is not deprecated."""
    own = contracts.told_by(context, contracts.read()).values()
    return {one.message.name: one for one in own if one.context and not one.is_deprecated}


def module(context: str, name: str) -> ModuleType:
    """A module of a context's package, ``handlers.inbox`` for example."""
    package = context.replace("-", "_")
    with _findable(ROOT / "services" / context):
        import_module(package)
    return import_module(f"{package}.{name}")


def inbox(context: str) -> Inbox:
    """What takes in the messages of other contexts."""
    found: Inbox = module(context, "handlers.inbox").inbox
    return found


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
