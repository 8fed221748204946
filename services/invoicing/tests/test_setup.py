"""Seller, rates, series and accounts, through the API."""

from backoffice_testing import envelope

from backoffice.ids import new_id
from invoicing.handlers import commands
from tests.company import ADDRESS, RATE, SELLER, CompanyTest, customer_fact


class TheSeller(CompanyTest):
    def test_is_unknown_until_told(self) -> None:
        self.assertEqual(self.get("/seller").status, 404)

    def test_is_kept_as_told_and_told_again(self) -> None:
        first = self.put("/seller", SELLER)
        self.assertEqual((first.status, first.body, first.headers["ETag"]), (200, SELLER, '"1"'))
        again = self.put("/seller", SELLER | {"name": "Neu GmbH"})
        self.assertEqual((again.body["name"], again.headers["ETag"]), ("Neu GmbH", '"2"'))
        self.assertEqual(self.get("/seller").body, again.body)

    def test_is_not_overwritten_by_somebody_who_has_seen_an_older_one(self) -> None:
        self.put("/seller", SELLER)
        self.assertEqual(self.put("/seller", SELLER, **{"If-Match": '"7"'}).status, 412)

    def test_every_field_at_fault_is_named(self) -> None:
        broken = {
            "address": {"street": "", "country": "Germany"},
            "bank_account": {"iban": "DE00370400440532013000"},
            "surprise": 1,
        }
        reply = self.put("/seller", broken)
        self.assertEqual(reply.status, 422)
        named = {error["field"] for error in reply.body["errors"]}
        address = {"address.street", "address.city", "address.country"}
        self.assertEqual(named, {"name", "vat_id", "bank_account.iban", "surprise"} | address)

    def test_only_accountants_tell(self) -> None:
        self.groups = "agents,operators"
        self.assertEqual(self.put("/seller", SELLER).status, 403)
        self.assertEqual(self.get("/seller").status, 404)
        self.groups = "agents"
        self.assertEqual(self.get("/seller").status, 403)


class Rates(CompanyTest):
    def test_price_an_hour_under_a_code(self) -> None:
        self.assertEqual(self.get("/rates/consulting").status, 404)
        self.assertEqual(self.put("/rates/consulting", RATE).body, RATE | {"rate_code": "consulting"})
        self.put("/rates/consulting", RATE | {"unit_price": "150.555"})
        self.assertEqual(self.get("/rates/consulting").body["unit_price"], "150.555")

    def test_a_price_that_could_never_be_charged_is_refused(self) -> None:
        for change, field in [
            ({"currency": "EURO"}, "currency"),
            ({"currency": "XAU"}, "currency"),
            ({"unit_price": "-1"}, "unit_price"),
            ({"unit_price": 120.5}, "unit_price"),
            ({"unit": "KGM"}, "unit"),
            ({"tax": {"category": "E", "rate": "19"}}, "tax.rate"),
            ({"tax": {"category": "?", "rate": "19"}}, "tax.category"),
        ]:
            reply = self.put("/rates/consulting", RATE | change)
            self.assertEqual(reply.status, 422, change)
            self.assertEqual([error["field"] for error in reply.body["errors"]], [field])
        self.assertEqual(self.put("/rates/no such code", RATE).status, 422)
        self.assertEqual(self.get(f"/rates/{'x' * 3000}").status, 404)
        self.assertEqual(self.get(f"/series/{'X' * 3000}").status, 404)


class SeriesOfNumbers(CompanyTest):
    def test_the_default_one_is_there(self) -> None:
        self.assertEqual(self.get("/series/INV").body["next_number"], 1)
        self.assertEqual(self.get("/series/OTHER").status, 404)

    def test_another_one_is_set_up_once_and_for_all(self) -> None:
        first = self.put("/series/SHOP", {"prefix": "SHOP-", "digits": 4})
        self.assertEqual((first.status, first.body["digits"]), (200, 4))
        self.assertEqual(self.put("/series/SHOP", {"prefix": "SHOP-", "digits": 4}).status, 200)
        self.assertEqual(self.put("/series/SHOP", {"prefix": "S-", "digits": 4}).body["code"], "series_exists")
        self.assertEqual(self.put("/series/SHOP2", {"prefix": "SHOP-"}).body["code"], "prefix_taken")
        self.assertEqual(self.put("/series/S1", {"prefix": "S1"}).status, 422)


class Accounts(CompanyTest):
    def test_appear_with_their_customer(self) -> None:
        account_id = self.register(complete=False)
        account = self.get(f"/accounts/{account_id}")
        self.assertEqual((account.body["name"], account.body["address"]), ("Ann Smith", None))
        self.assertEqual(account.body["payment_terms"], {"net_days": 30, "end_of_month": False})
        self.assertEqual([one["id"] for one in self.get("/accounts").body["items"]], [account_id])
        self.assertEqual(self.get(f"/accounts/{new_id('cus')}").status, 404)

    def test_are_completed_by_accountants(self) -> None:
        account_id = self.register(complete=False)
        change = {"address": ADDRESS, "vat_id": "DE1", "payment_terms": {"net_days": 14}}
        reply = self.patch(f"/accounts/{account_id}", change, version=1)
        self.assertEqual((reply.status, reply.headers["ETag"]), (200, '"2"'))
        self.assertEqual((reply.body["address"], reply.body["vat_id"]), (ADDRESS, "DE1"))
        self.assertEqual(self.patch(f"/accounts/{account_id}", change, version=1).status, 412)
        self.assertEqual(self.call(commands.api, "PATCH", f"/accounts/{account_id}", change).status, 428)
        self.assertEqual(self.patch(f"/accounts/{account_id}", {"name": "Bob"}, version=2).status, 422)

    def test_end_the_same_in_whatever_order_and_however_often_the_news_come(self) -> None:
        account_id = new_id("cus")
        news = [
            envelope("CustomerRegistered", account_id, customer_fact(account_id)),
            envelope("CustomerUpdated", account_id, customer_fact(account_id, name="Ann Jones"), version=2),
            envelope("CustomerUpdated", account_id, customer_fact(account_id, name="Ann Lee"), version=3),
        ]
        self.assertEqual(self.deliver_to_inbox(news[1], news[2], news[0], news[1], news[2], news[0]), [])
        account = self.get(f"/accounts/{account_id}")
        self.assertEqual((account.body["name"], account.headers["ETag"]), ("Ann Lee", '"2"'))

    def test_keep_what_accountants_added_when_the_customer_changes(self) -> None:
        account_id = self.register()
        update = envelope("CustomerUpdated", account_id, customer_fact(account_id, email="new@example.com"), version=2)
        self.deliver_to_inbox(update)
        account = self.get(f"/accounts/{account_id}").body
        self.assertEqual((account["email"], account["address"]), ("new@example.com", ADDRESS))
