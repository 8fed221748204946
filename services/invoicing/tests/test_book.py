"""An account's book, through the API: the statement adds up to the balance, and the balance is aged."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.company import line
from tests.test_life_cycle import TODAY, LifeTest

TOMORROW = TODAY + timedelta(days=1)


class StatementTest(LifeTest):
    def statement(self, begin: date = TODAY, end: date = TOMORROW, currency: str = "EUR") -> Any:
        query = {"currency": currency, "from": f"{begin}", "to": f"{end}"}
        return self.get(f"/accounts/{self.account_id}/statement", **query)

    def ageing(self) -> dict[str, str]:
        (balance,) = self.get(f"/accounts/{self.account_id}/balance").body["balances"]
        return {name: money["amount"] for name, money in balance["ageing"].items()}


class Statements(StatementTest):
    def test_tell_of_each_change_and_add_up_to_the_balance(self) -> None:
        first, second, third = (self.issue(self.account_id) for _ in range(3))
        payment = self.pay(self.account_id, "150.00", "bank-1", invoice_id=first["id"]).body
        self.post(f"/payments/{payment['id']}/allocations", {"invoice_id": second["id"]})
        self.post(f"/invoices/{third['id']}/void")
        note = self.credit(second["id"])
        back = {"amount": {"amount": "31.00", "currency": "EUR"}, "external_ref": "back-1"}
        self.post(f"/payments/{payment['id']}/refunds", back)
        bounced = self.pay(self.account_id, "7.00", "bank-2").body
        self.post(f"/payments/{bounced['id']}/reverse", {})
        statement = self.statement().body
        rows = [(row["kind"], row["reference"], row["amount"]) for row in statement["entries"]]
        self.assertEqual(
            rows,
            [
                ("invoice", first["number"], "119.00"),
                ("invoice", second["number"], "119.00"),
                ("invoice", third["number"], "119.00"),
                ("payment", "bank-1", "-150.00"),
                ("allocation", "bank-1", "0.00"),
                ("void", third["number"], "-119.00"),
                ("credit_note", note["number"], "-119.00"),
                ("refund", "back-1", "31.00"),
                ("payment", "bank-2", "-7.00"),
                ("reversal", "bank-2", "7.00"),
            ],
        )
        self.assertEqual((statement["opening"], statement["closing"]), ("0.00", self.balance()["balance"]))
        self.assertEqual(statement["entries"][-1]["balance"], statement["closing"])

    def test_begin_with_what_was_owed_before(self) -> None:
        self.issue(self.account_id)
        later = self.statement(TOMORROW, TOMORROW + timedelta(days=1)).body
        self.assertEqual((later["opening"], later["closing"], later["entries"]), ("119.00", "119.00", []))
        earlier = self.statement(TODAY - timedelta(days=9), TODAY).body
        self.assertEqual((earlier["opening"], earlier["closing"]), ("0.00", "0.00"))

    def test_of_what_was_written_off_and_paid_after_all(self) -> None:
        issued = self.issue(self.account_id)
        self.post(f"/invoices/{issued['id']}/mark-uncollectible")
        self.pay(self.account_id, "119.00", "a", invoice_id=issued["id"])
        rows = [(row["kind"], row["amount"]) for row in self.statement().body["entries"]]
        self.assertEqual(rows[:2], [("invoice", "119.00"), ("write_off", "-119.00")])
        self.assertEqual(sorted(rows[2:]), [("payment", "-119.00"), ("recovery", "119.00")])

    def test_name_the_fields_at_fault(self) -> None:
        for query, field in [
            ({"currency": "EUR", "from": "2026-01-02", "to": "2026-01-02"}, "to"),
            ({"currency": "ABC", "from": "2026-01-01", "to": "2026-01-02"}, "currency"),
            ({"currency": "EUR", "from": "yesterday", "to": "2026-01-02"}, "from"),
        ]:
            reply = self.get(f"/accounts/{self.account_id}/statement", **query)
            self.assertEqual((reply.status, reply.body["errors"][0]["field"]), (422, field))


class Ageing(StatementTest):
    def test_sorts_what_remains_by_days_overdue(self) -> None:
        for days in (91, 90, 61, 60, 31, 30, 1, 0):
            self.overdue(days)
        paid = self.issue(self.account_id)
        self.pay(self.account_id, "119.00", "a", invoice_id=paid["id"])
        self.pay(self.account_id, "19.00", "b", invoice_id=self.issue(self.account_id)["id"])
        expected = {
            "current": "219.00",
            "days_1_30": "238.00",
            "days_31_60": "238.00",
            "days_61_90": "238.00",
            "over_90": "119.00",
        }
        self.assertEqual(self.ageing(), expected)
        self.assertEqual(sum(map(Decimal, expected.values())), Decimal(self.balance()["outstanding"]))

    def test_counts_each_currency_apart(self) -> None:
        self.issue(self.account_id)
        self.issue(self.account_id, line(unit_price="500"), currency="JPY")
        balances = self.get(f"/accounts/{self.account_id}/balance").body["balances"]
        current = {one["currency"]: one["ageing"]["current"]["amount"] for one in balances}
        self.assertEqual(current, {"EUR": "119.00", "JPY": "595"})
