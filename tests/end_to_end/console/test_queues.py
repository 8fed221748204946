"""Queues and their dead letters: read as text, whatever they hold; changed only when that is confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.console.operators import Operator
from tests.stage import Stage

QUEUE = "local-analytics-inbox-dead-letters"
MARKUP = "<img src=x onerror=\"document.title='caught'\"><script>document.title='caught'</script><h1>Large</h1>"


class Letters:
    """Puts messages among the dead letters, as if they had died there."""

    def __init__(self, sqs: Any) -> None:
        self._sqs, self._url = sqs, sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]

    def put(self, body: str) -> str:
        """The id of the new dead letter."""
        return str(self._sqs.send_message(QueueUrl=self._url, MessageBody=body)["MessageId"])


@pytest.fixture
def letters(stage: Stage) -> Letters:
    return Letters(stage.client("sqs"))


def test_a_body_with_markup_is_shown_as_text(operator: Operator, letters: Letters) -> None:
    operator.open("queues", QUEUE, letters.put(MARKUP))
    body = operator.page.locator("pre.body")
    expect(body).to_have_text(MARKUP)
    assert operator.page.locator("main img, main script, main h1").count() == 0
    expect(operator.page).not_to_have_title("caught")


def test_a_megabyte_of_text_is_shown_as_text(operator: Operator, letters: Letters) -> None:
    large = "<b>" + "all work and no play\n" * 47_000 + "</b>"
    assert len(large) > 980_000
    operator.open("queues", QUEUE, letters.put(large))
    body = operator.page.locator("pre.body")
    expect(body).to_be_visible()
    assert body.text_content() == large
    operator.page.get_by_role("button", name="Discard", exact=True).click()
    operator.page.get_by_role("dialog").get_by_role("button", name="Discard 1 dead letter").click()
    expect(operator.page.get_by_role("status").filter(has_text="1 dead letter discarded.")).to_be_visible()


def test_json_is_indented_unless_one_wants_it_as_it_was_sent(operator: Operator, letters: Letters) -> None:
    operator.open("queues", QUEUE, letters.put('{"type":"MoonLanded","data":{"a":1}}'))
    body = operator.page.locator("pre.body")
    expect(body).to_have_text('{ "type": "MoonLanded", "data": { "a": 1 } }')
    operator.page.get_by_role("button", name="As it was sent").click()
    expect(body).to_have_text('{"type":"MoonLanded","data":{"a":1}}')


def test_discarding_asks_first_and_cancel_changes_nothing(operator: Operator, letters: Letters) -> None:
    page = operator.page
    letter = letters.put("to be discarded")
    operator.open("queues", QUEUE, letter)
    page.get_by_role("button", name="Discard", exact=True).click()
    dialog = page.get_by_role("dialog", name="Discard 1 dead letter?")
    expect(dialog).to_contain_text(QUEUE)
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(f"a[href$='{letter}']")).to_be_visible()
    page.get_by_role("button", name="Discard", exact=True).click()
    dialog.get_by_role("button", name="Discard 1 dead letter").click()
    expect(page.get_by_role("status").filter(has_text="1 dead letter discarded.")).to_be_visible()
    expect(page.locator(f"a[href$='{letter}']")).to_have_count(0)


def test_every_queue_is_listed_with_its_dead_letters(operator: Operator, letters: Letters) -> None:
    letters.put("dead")
    operator.open("queues")
    row = operator.page.get_by_role("row").filter(has_text="local-analytics-inbox")
    expect(row.locator(".status.fault")).to_be_visible()
    row.get_by_role("link", name="Dead letters of local-analytics-inbox").click()
    expect(operator.page.get_by_role("heading", name=QUEUE)).to_be_visible()


def test_a_read_only_console_says_why_nothing_can_be_changed(operator: Operator, letters: Letters) -> None:
    letters.put("stays")
    stage = {"stage": "local", "region": "eu-central-1", "writes_allowed": False, "contexts": ["analytics"]}
    operator.answered_by("**/api/stage", 200, stage)
    operator.open("queues", QUEUE)
    expect(operator.page.get_by_role("button", name="Redrive all")).to_be_disabled()
    expect(operator.page.get_by_role("button", name="Discard all")).to_be_disabled()
    expect(operator.page.get_by_text("read-only: start it again with --allow-writes")).to_be_visible()
