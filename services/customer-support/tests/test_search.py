from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from customer_support.domain.searching import words
from customer_support.handlers import indexer
from customer_support.store import lists
from tests.help_desk import HelpDesk

CONTEXT = SimpleNamespace(function_name="indexer", aws_request_id="request")


def is_text(item: dict[str, Any]) -> bool:
    """What the stream lets through to the indexer: see ``serverless/indexer.yml``."""
    sk = item["sk"]["S"]
    changes = item.get("changes", {}).get("M", {})
    return sk.startswith("MESSAGE#") or sk == "TICKET" or (sk.startswith("HISTORY#") and "subject" in changes)


class Searching(HelpDesk):
    def index(self) -> None:
        texts = [item for item in self.everything() if item["pk"]["S"].startswith("TICKET#") and is_text(item)]
        indexer.handler({"Records": [{"dynamodb": {"NewImage": item}} for item in texts]}, CONTEXT)

    def found(self, q: str, limit: int = 2, **query: str) -> list[str]:
        return self.walk("/tickets", limit, q=q, **query)

    def test_finds_the_tickets_that_hold_all_the_words_newest_first(self) -> None:
        burns = self.ticket(subject="Printer on fire", body="It burns.")["id"]
        cold = self.ticket(subject="Printer cold", body="No fire any more.")["id"]
        self.ticket(subject="Invoice", body="Too high")
        self.index()

        self.assertEqual(self.found("printer"), [cold, burns])
        self.assertEqual(self.found("fire, PRINTER"), [cold, burns])
        self.assertEqual(self.found("burns printer"), [burns])
        self.assertEqual(self.found("printer", limit=1), [cold, burns])
        self.assertEqual(self.found("printer invoice"), [])
        self.assertEqual(self.found("print"), [], "words are found whole")

    def test_finds_what_was_said_later_by_anybody(self) -> None:
        path = self.assigned()
        self.done(self.post(f"{path}/messages", {"body": "Ersetzen Sie die Trommel"}))
        self.done(self.post(f"{path}/messages", {"body": "Garantiefall", "visibility": "internal"}))
        self.index()

        self.assertEqual(self.found("trommel garantiefall"), [path.removeprefix("/tickets/")])

    def test_does_not_care_for_capitals_and_accents(self) -> None:
        ticket = self.ticket(body="Der Kühlschrank läuft aus: STRASSE")["id"]
        self.index()
        for text in ("kuhlschrank", "KÜHLSCHRANK", "straße", "läuft"):
            self.assertEqual(self.found(text), [ticket])

    def test_finds_a_ticket_under_its_new_subject_and_its_old_one(self) -> None:
        path = self.assigned(subject="Printer")
        self.index()
        self.done(self.patch(path, {"subject": "Scanner"}))
        self.index()
        for text in ("printer", "scanner"):
            self.assertEqual(self.found(text), [path.removeprefix("/tickets/")])

    def test_can_be_narrowed_by_a_status(self) -> None:
        fresh = self.ticket(body="Same words")["id"]
        self.assigned(body="Same words")
        self.index()
        self.assertEqual(self.found("same words", status="new"), [fresh])

    def test_goes_on_where_a_rare_second_word_makes_pages_short(self) -> None:
        wanted = [self.ticket(body="haystack needle")["id"]]
        for _ in range(12):
            self.ticket(body="haystack")
        wanted.append(self.ticket(body="haystack needle")["id"])
        self.index()
        self.assertEqual(self.found("haystack needle", limit=1), wanted[::-1])

    def test_shows_fewer_where_texts_are_long(self) -> None:
        tickets = [self.ticket(body="fire " * 20)["id"] for _ in range(5)]
        self.index()
        with patch.object(lists, "LARGEST_PAGE", 250):
            self.assertEqual(self.found("fire", limit=100), tickets[::-1])

    def test_needs_words(self) -> None:
        for text in ("", "!", "a b c", "one two three four five six"):
            self.assert_problem(self.get("/tickets", {"q": text}), 422, "validation_failed", "q")

    def test_costs_the_same_however_much_was_written(self) -> None:
        for _ in range(5):
            self.ticket(body="fire water")
        self.index()
        self.calls.clear()
        self.done(self.get("/tickets", {"q": "fire water", "limit": "2"}))
        self.assertEqual(self.calls, ["Query", "BatchGetItem", "BatchGetItem"])

    def test_takes_the_longest_text_there_is(self) -> None:
        ticket = self.ticket(body=" ".join(f"w{number:05}" for number in range(2_850)))["id"]
        self.index()
        self.assertEqual(self.found("w00000 w02849"), [ticket])


class Words(HelpDesk):
    def test_are_runs_of_letters_and_digits_of_two_and_more_in_any_script(self) -> None:
        self.assertEqual(words("E-mail: a 42, Ünïcode_x!"), {"mail", "42", "unicode_x"})
        self.assertEqual(words("Привет, κόσμε"), {"привет", "κοσμε"})
        self.assertEqual(words("x" * 41 + " " + "y" * 40), {"y" * 40})
