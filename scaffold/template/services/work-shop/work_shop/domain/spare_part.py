"""Spare parts of customers: active until they are ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate, RuleBroken


class State(StrEnum):
    """Ended is for good."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(kw_only=True)
class SparePart(Aggregate):
    """A spare part of a customer."""

    customer_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    state: State = State.ACTIVE
    ended_at: datetime | None = None

    @classmethod
    def create(cls, id: str, details: dict[str, Any], at: datetime) -> "SparePart":
        """A new spare part. ``details``: customer_id, title."""
        spare_part = cls(id=id, **details, created_at=at, updated_at=at)
        spare_part._tell("SparePartCreated", at, created_at=rfc3339(at))
        return spare_part

    def change(self, details: dict[str, Any], at: datetime) -> None:
        """Take over the details that were sent; the others stay. Raises RuleBroken ``ended``."""
        self._demand_active()
        for name, value in details.items():
            setattr(self, name, value)
        self.updated_at = at

    def end(self, at: datetime) -> None:
        """End it, for good. Raises RuleBroken ``ended``."""
        self._demand_active()
        self.state, self.ended_at, self.updated_at = State.ENDED, at, at
        self._tell("SparePartEnded", at, ended_at=rfc3339(at))

    def _demand_active(self) -> None:
        if self.state is not State.ACTIVE:
            raise RuleBroken("ended", "The spare part has ended: it changes no more.", state=self.state.value)

    def _tell(self, type: str, at: datetime, **data: str) -> None:
        # Titles are people's words and may name people, so they stay here: events are kept for good.
        self.record(type, {"spare_part_id": self.id, "customer_id": self.customer_id, **data}, at)
