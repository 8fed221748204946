"""Taking an invoice back, in part or whole, so that any number of parts sum up exactly to the whole.

Nothing is rounded for a part by itself: of each line, allowance and tax the *cumulated* credit is rounded, and a part
is the difference to what was credited before. So no cent is left over, and none is credited twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from backoffice.currencies import MINOR_UNITS
from backoffice.domain import FieldError, Invalid
from invoicing.domain.credits import Credits
from invoicing.domain.lines import Allowance, Content, DocumentAllowance, Line
from invoicing.domain.money import EXACT, ZERO, is_payable, rounded
from invoicing.domain.taxes import Tax
from invoicing.domain.totals import TaxTotal, Totals, added_up, tax_total


@dataclass(frozen=True)
class Claim:
    """What is to be credited of one line: a quantity or a net amount; neither: all that is left.

    ``position`` is that of the line on the invoice, from 0; ``field`` is where the request names the claim.
    """

    position: int
    field: str
    quantity: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True)
class Credit:
    """The content and the sums of a credit note, and what is credited of the invoice in all, this note included."""

    content: Content
    totals: Totals
    credits: Credits


@dataclass(frozen=True)
class Crediting:
    """An invoice that is to be credited, and what has been credited of it before."""

    content: Content
    totals: Totals
    currency: str
    before: Credits

    def whole(self) -> Credit:
        """Credit all that is left."""
        return self._credit(replace(self.before, quantities=self._quantities(), nets=self._nets()))

    def of_lines(self, claims: Sequence[Claim]) -> Credit:
        """Credit what is claimed. Raises Invalid for claims that take more than is left, or that make no sense."""
        with localcontext(EXACT):
            faults = [fault for claim in claims if (fault := self._fault(claim))]
            if faults:
                raise Invalid(faults)
            by_position = {claim.position: claim for claim in claims}
            taken = [self._taken(index, by_position.get(index)) for index in range(len(self.content.lines))]
        quantities, nets = zip(*taken, strict=True)
        return self._credit(replace(self.before, quantities=quantities, nets=nets))

    def _quantities(self) -> tuple[Decimal, ...]:
        return tuple(line.quantity for line in self.content.lines)

    def _nets(self) -> tuple[Decimal, ...]:
        return tuple(line.net(self.currency) for line in self.content.lines)

    def _fault(self, claim: Claim) -> FieldError | None:
        line = self.content.lines[claim.position]
        if claim.quantity is not None:
            left = line.quantity - self.before.quantities[claim.position]
            if not _is_part(claim.quantity, left):
                return FieldError(f"{claim.field}.quantity", f"Only {left:f} is left to credit.")
        if claim.amount is not None:
            left = line.net(self.currency) - self.before.nets[claim.position]
            if not is_payable(claim.amount, self.currency):
                return FieldError(f"{claim.field}.amount", f"Has more decimals than {self.currency} has.")
            if not _is_part(claim.amount, left):
                return FieldError(f"{claim.field}.amount", f"Only {left:f} is left to credit.")
        return None

    def _taken(self, index: int, claim: Claim | None) -> tuple[Decimal, Decimal]:
        """Quantity and net amount that are credited of a line in all."""
        line, quantity, net = self.content.lines[index], self.before.quantities[index], self.before.nets[index]
        whole = line.net(self.currency)
        if claim is None:
            return quantity, net
        if claim.amount is not None:
            net += claim.amount
            return (line.quantity if net == whole else quantity), net
        taken = line.quantity if claim.quantity is None else quantity + claim.quantity
        if taken == line.quantity:
            return line.quantity, whole
        share = rounded(whole * taken / line.quantity, self.currency)
        share -= rounded(whole * quantity / line.quantity, self.currency)
        left = whole - net
        return taken, net + (share if abs(share) < abs(left) else left)

    def _credit(self, after: Credits) -> Credit:
        with localcontext(EXACT):
            after = replace(after, allowances=self._allowances(after))
            touched = [index for index in range(len(after.nets)) if self._is_touched(index, after)]
            completes = self._is_complete(after) and not self._is_complete(self.before)
            content = Content(
                lines=tuple(self._line(index, after) for index in touched),
                document_allowances=self._document_allowances(after),
                rounding=self.content.rounding if completes else ZERO,
                references=self.content.references,
            )
            net = sum(after.nets, ZERO) - sum(self.before.nets, ZERO)
            totals = added_up(content, net, self._taxes(content, after), self.currency)
            return Credit(content, totals, replace(after, total=self.before.total + totals.payable))

    def _is_complete(self, credits: Credits) -> bool:
        amounts = tuple(one.amount for one in self.content.document_allowances)
        return credits.nets == self._nets() and credits.allowances == amounts

    def _is_touched(self, index: int, after: Credits) -> bool:
        before = self.before
        return after.nets[index] != before.nets[index] or after.quantities[index] != before.quantities[index]

    def _line(self, index: int, after: Credits) -> Line:
        """A line as the credit note shows it: price and quantity as invoiced, the rest as an allowance or charge."""
        line, before = self.content.lines[index], self.before
        quantity = after.quantities[index] - before.quantities[index]
        net = after.nets[index] - before.nets[index]
        if quantity == line.quantity and net == line.net(self.currency):
            return replace(line, time_entry=None)
        if not quantity:
            one = Decimal(1).copy_sign(net)
            return replace(_bare(line), quantity=one, unit_price=abs(net), base_quantity=Decimal(1), gross_price=None)
        part = replace(_bare(line), quantity=quantity)
        rest, unit = rounded(net - part.price, self.currency), Decimal(1).scaleb(-MINOR_UNITS[self.currency])
        for difference in (rest, rest + unit, rest - unit):
            shown = replace(part, allowances=_difference(difference))
            if shown.net(self.currency) == net:
                return shown
        raise AssertionError("rounding moves an amount by half a unit at most")

    def _document_allowances(self, after: Credits) -> tuple[DocumentAllowance, ...]:
        taken = zip(self.content.document_allowances, after.allowances, self.before.allowances, strict=True)
        return tuple(
            one
            if now - past == one.amount
            else replace(one, amount=now - past, percentage=None, base=None, follows=False)
            for one, now, past in taken
            if now != past
        )

    def _allowances(self, after: Credits) -> tuple[Decimal, ...]:
        """What is credited in all of the document's allowances: as much of each as of the lines under its tax."""
        shares = self._shares(after)
        return tuple(
            rounded(one.amount * shares.get(one.tax, shares[None]), self.currency)
            for one in self.content.document_allowances
        )

    def _shares(self, after: Credits) -> Mapping[Tax | None, Decimal]:
        """How much of the lines under each tax, and of all lines (None), is credited; by absolute amounts."""
        whole: dict[Tax | None, Decimal] = {}
        taken: dict[Tax | None, Decimal] = {}
        for line, net, credited in zip(self.content.lines, self._nets(), after.nets, strict=True):
            for group in (line.tax, None):
                whole[group] = whole.get(group, ZERO) + abs(net)
                taken[group] = taken.get(group, ZERO) + abs(credited)
        shares = {group: taken[group] / amount for group, amount in whole.items() if amount}
        is_complete = after.quantities == self._quantities()
        return {None: Decimal(is_complete)} | shares

    def _taxes(self, content: Content, after: Credits) -> tuple[TaxTotal, ...]:
        """The tax of what is credited in all, less the tax of what was credited before."""
        used = {line.tax for line in content.lines} | {one.tax for one in content.document_allowances}
        taxes = []
        for entry in self.totals.taxes:
            tax = Tax(entry.category, entry.rate)
            now, past = (
                tax_total(tax, self._base(tax, credits), entry.reason, self.currency)
                for credits in (after, self.before)
            )
            if tax in used:
                taxes.append(replace(now, base=now.base - past.base, amount=now.amount - past.amount))
        return tuple(taxes)

    def _base(self, tax: Tax, credits: Credits) -> Decimal:
        lines = zip(self.content.lines, credits.nets, strict=True)
        allowances = zip(self.content.document_allowances, credits.allowances, strict=True)
        return sum((net for line, net in lines if line.tax == tax), ZERO) + sum(
            ((amount if one.charge else -amount) for one, amount in allowances if one.tax == tax), ZERO
        )


def _is_part(claimed: Decimal, left: Decimal) -> bool:
    return claimed != 0 and (claimed > 0) == (left > 0) and abs(claimed) <= abs(left)


def _bare(line: Line) -> Line:
    return replace(line, allowances=(), time_entry=None)


def _difference(amount: Decimal) -> tuple[Allowance, ...]:
    if not amount:
        return ()
    reason = "Share of the line's allowances and rounding"
    return (Allowance(abs(amount), charge=amount > 0, reason=reason),)
