from unittest.mock import patch

from customer_support.store import exports
from tests.help_desk import HOUR, HelpDesk


class FindingCustomers(HelpDesk):
    def called(self, limit: int = 2, **query: str) -> list[str]:
        ids = self.walk("/customers", limit, **query)
        return [self.get(f"/customers/{id}").body["name"] for id in ids]

    def test_by_the_beginning_of_a_word_of_the_name_in_whatever_capitals_and_accents(self) -> None:
        for name in ("Jörg Müller", "Ann Smith", "Anna Jorgensen", "Bo"):
            self.customer(name=name)

        self.assertEqual(self.called(name="ann"), ["Ann Smith", "Anna Jorgensen"])
        self.assertEqual(self.called(name="JORG"), ["Jörg Müller", "Anna Jorgensen"])
        self.assertEqual(self.called(name="müll"), ["Jörg Müller"])
        self.assertEqual(self.called(name="ann s"), ["Ann Smith"])
        self.assertEqual(self.called(name="nn"), [])

    def test_shows_each_once_though_two_words_of_a_name_begin_so(self) -> None:
        for name in ("Ann Annason", "Ann Smith"):
            self.customer(name=name)
        self.assertEqual(sorted(self.called(limit=1, name="ann")), ["Ann Annason", "Ann Smith"])

    def test_by_company_and_by_address(self) -> None:
        ann = self.customer(name="Ann", company="Émile & Söhne", email="Ann@Example.com")
        self.customer(name="Bo", company=None)

        self.assertEqual(self.called(company="emile & s"), ["Ann"])
        self.assertEqual(self.get("/customers", {"email": "ann@EXAMPLE.com"}).body["items"], [ann])
        self.assertEqual(self.called(email="nobody@example.com"), [])

    def test_by_what_they_are_called_now(self) -> None:
        customer = self.customer(name="Ann Smith", company="Smith Ltd")
        self.done(self.patch(f"/customers/{customer['id']}", {"name": "Ann", "company": None}))

        self.assertEqual((self.called(name="smith"), self.called(company="smith")), ([], []))
        self.assertEqual(self.called(name="ann"), ["Ann"])

    def test_takes_names_that_grow_when_they_are_folded(self) -> None:
        long = self.customer(name="\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 200, company="\N{FIRE}" * 200)
        self.assertEqual(self.called(name=long["name"]), [long["name"]])
        self.assertEqual(self.called(company=long["company"]), [long["name"]])

    def test_by_one_thing_at_a_time(self) -> None:
        query = {"name": "Ann", "email": "ann@example.com"}
        self.assert_problem(self.get("/customers", query), 422, "validation_failed", *query)
        self.assert_problem(self.get("/customers", {"name": " "}), 422, "validation_failed", "name")
        self.assertEqual(self.called(name="\u0301"), [])


class ExportingACustomer(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.id = self.customer(name="Ann Smith")["id"]
        self.path = f"/customers/{self.id}/export"

    def worked_on(self, messages: int = 2) -> str:
        path = self.assigned(customer_id=self.id)
        for number in range(messages):
            self.done(self.post(f"{path}/messages", {"body": f"message {number}", "visibility": "internal"}))
        self.done(self.post(f"{path}/time-entries", HOUR))
        return path

    def test_tells_all_that_is_kept_and_nothing_of_others(self) -> None:
        self.done(self.patch(f"/customers/{self.id}", {"name": "Ann Miller"}))
        paths = [self.worked_on() for _ in range(2)]
        self.assigned()

        export = self.done(self.get(self.path))
        self.assertEqual(export["customer"], self.get(f"/customers/{self.id}").body)
        self.assertEqual(export["history"], self.get(f"/customers/{self.id}/history").body["items"])
        self.assertEqual(export["next_after"], None)
        self.assertEqual([f"/tickets/{one['ticket']['id']}" for one in export["tickets"]], paths)
        for path, one in zip(paths, export["tickets"], strict=True):
            self.assertEqual((one["ticket"], one["is_complete"]), (self.get(path).body, True))
            for part, name in (("messages", "messages"), ("time-entries", "time_entries"), ("history", "history")):
                self.assertEqual(one[name], self.get(f"{path}/{part}").body["items"])

    def test_goes_on_after_a_ticket_where_one_answer_is_not_enough(self) -> None:
        paths = [self.worked_on() for _ in range(3)]
        found: list[str] = []
        query: dict[str, str] = {}
        with patch.object(exports, "LARGEST_EXPORT", 8_000):
            while True:
                export = self.done(self.get(self.path, query))
                self.assertLess(len(export["tickets"]), 3)
                found += [f"/tickets/{one['ticket']['id']}" for one in export["tickets"]]
                if export["next_after"] is None:
                    break
                query = {"after": export["next_after"]}
        self.assertEqual(found, paths)

    def test_says_so_where_one_ticket_alone_is_too_much(self) -> None:
        self.worked_on(messages=30)
        with patch.object(exports, "LARGEST_EXPORT", 8_000):
            (one,) = self.done(self.get(self.path))["tickets"]
        self.assertFalse(one["is_complete"])
