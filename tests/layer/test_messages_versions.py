"""Versions of a message side by side: consumers are written for the newest, and older ones are lifted to it."""

import pytest
from marshmallow import ValidationError, fields
from message_support import event

from backoffice.messages.inbox import Inbox, UnknownMessage
from backoffice.schemas import Tolerant, Whole


class V1(Tolerant):
    minutes = Whole(least=1, required=True)


class V2(Tolerant):
    worked = Whole(required=True)


class V3(Tolerant):
    worked = Whole(required=True)
    told_at = fields.String(required=True)


@pytest.fixture
def taken():
    return []


@pytest.fixture
def inbox(taken):
    inbox = Inbox()

    @inbox.upcast("Worked", V1, version=1)
    def name_the_minutes(told):
        return {"worked": told.data["minutes"]}

    @inbox.upcast("Worked", V2, version=2)
    def say_when(told):
        return {**told.data, "told_at": told.correlation_id}

    @inbox.on("Worked", V3, version=3)
    def work(told, data):
        taken.append((told.event_id, told.schema_version, data))

    return inbox


def worked(version, **data):
    return event("Worked", data, schema_version=version)


@pytest.mark.parametrize(
    "told",
    [worked(1, minutes=5), worked(2, worked=5, more=1), worked(3, worked=5, told_at="cor-1")],
    ids=["1", "2", "3"],
)
def test_every_version_reaches_the_consumer_as_the_newest(inbox, taken, told):
    inbox.take(told.to_json())
    assert taken == [(told.event_id, 3, {"worked": 5, "told_at": "cor-1"})]


def test_an_old_version_is_checked_as_what_it_is(inbox, taken):
    with pytest.raises(ValidationError, match="minutes"):
        inbox.take(worked(1, minutes=0).to_json())
    with pytest.raises(ValidationError, match="worked"):
        inbox.take(worked(2, minutes=5).to_json())
    assert taken == []


def test_a_version_of_tomorrow_is_unknown_and_the_reason_says_what_is_known(inbox):
    with pytest.raises(UnknownMessage, match="no consumer for Worked v4; understood: v1, v2, v3"):
        inbox.take(worked(4, worked=5).to_json())
    with pytest.raises(UnknownMessage, match="no consumer for Slept v1$"):
        inbox.take(event("Slept", {}).to_json())


def test_an_inbox_tells_what_it_reads(inbox):
    assert {read: type(schema) for read, schema in inbox.reads.items()} == {
        ("Worked", 1): V1,
        ("Worked", 2): V2,
        ("Worked", 3): V3,
    }
