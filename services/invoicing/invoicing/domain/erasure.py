"""The erasure of an account (GDPR, article 17): what is erased at once, and what a law keeps until a day."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from backoffice.domain import Aggregate, ReturnAddress
from invoicing.domain.retention import Law

INVOICING = "invoicing"


class Step(StrEnum):
    """The steps, in their order."""

    INVOICES = "invoices"
    CREDIT_NOTES = "credit_notes"
    PAYMENTS = "payments"
    DISPUTES = "disputes"
    RECEIPTS = "receipts"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """So many documents of a kind that a law keeps, the first of them until ``first``, the last until ``until``."""

    what: str
    legal_basis: str
    count: int
    first: date
    until: date


@dataclass(kw_only=True)
class AccountErasure(Aggregate):
    """How far the erasure of an account (whose ``id`` it has) has got; each message takes it some steps on.

    ``answer_to`` waits for the answer, and for another one whenever something that was kept is gone. ``after`` is where
    the step goes on, ``looks_on`` the day on which to look again at what is kept.
    """

    erasure_id: str
    answer_to: ReturnAddress
    step: Step = Step.INVOICES
    after: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()
    looks_on: date | None = None

    @classmethod
    def begun(cls, account_id: str, erasure_id: str, answer_to: ReturnAddress, at: datetime) -> "AccountErasure":
        """An erasure that was just asked for."""
        erasure = cls(id=account_id, erasure_id=erasure_id, answer_to=answer_to)
        erasure.go_on_later(at)
        return erasure

    @property
    def is_done(self) -> bool:
        return self.step is Step.DONE

    def ask_again(self, answer_to: ReturnAddress, at: datetime) -> None:
        """Whoever asks again has had no answer: the work goes on, or the answer is given again."""
        self.answer_to = answer_to
        if self.is_done:
            self._answer(at)
        else:
            self.go_on_later(at)

    def look_again(self, today: date, at: datetime) -> None:
        """A day has come after which something is not kept any more: go through everything once more.

        Should that message be lost, tomorrow comes another one.
        """
        self.step, self.after, self.counts, self.kept = Step.INVOICES, None, {}, ()
        # X-Ray keeps no trace for so long.
        self.answer_to = replace(self.answer_to, trace=None)
        self.looks_on = today + timedelta(days=1)
        self.go_on_later(at)

    def go_on_later(self, at: datetime) -> None:
        """Let another message go on."""
        self.ask(INVOICING, "ForgetAccount", {"account_id": self.id, "erasure_id": self.erasure_id}, at)

    def count(self, what: str, number: int = 1) -> None:
        """Add to what was erased."""
        self.counts = dict(Counter(self.counts) + Counter({what: number}))

    def keep(self, what: str, made_on: date, law: Law) -> None:
        """Note a document that a law keeps."""
        until = law.keeps_until(made_on)
        new = Kept(what=what, legal_basis=law.legal_basis, count=1, first=until, until=until)
        others = []
        for kept in self.kept:
            if (kept.what, kept.legal_basis) == (what, law.legal_basis):
                first, last = min(kept.first, until), max(kept.until, until)
                new = replace(kept, count=kept.count + 1, first=first, until=last)
            else:
                others.append(kept)
        self.kept = (*others, new)

    def finish_step(self, at: datetime) -> None:
        """Go on with the next step; after the last one, answer."""
        steps = list(Step)
        self.step, self.after = steps[steps.index(self.step) + 1], None
        if self.is_done:
            self.count("account")
            first = min((kept.first for kept in self.kept), default=None)
            self.looks_on = first and first + timedelta(days=1)
            self._answer(at)

    def _answer(self, at: datetime) -> None:
        data: dict[str, Any] = {
            "customer_id": self.id,
            "erasure_id": self.erasure_id,
            "erased": [{"what": what, "count": count} for what, count in sorted(self.counts.items())],
            "kept": [
                {
                    "what": kept.what,
                    "count": kept.count,
                    "legal_basis": kept.legal_basis,
                    "until": kept.until.isoformat(),
                }
                for kept in sorted(self.kept, key=lambda kept: kept.what)
            ],
        }
        self.reply(self.answer_to, "ErasureAnsweredByInvoicing", data, at)
