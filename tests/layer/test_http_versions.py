"""Optimistic concurrency: an ETag is the version, and a PATCH must name the one that it has seen."""

import pytest
from http_service import service

from backoffice.clock import now
from backoffice.domain import Aggregate
from backoffice.errors import StaleVersion
from backoffice.http.problems import Problem
from backoffice.http.request import Caller, Request, parse_if_match


@pytest.fixture
def api():
    return service()


@pytest.fixture
def thing(table, api, call):
    return call(api, "POST /things", body={"name": "a"}, idempotency_key="k")


@pytest.fixture
def rename(thing, api, call):
    def rename(api=api, **how):
        return call(api, f"PATCH /things/{thing.json['id']}", body={"name": "b"}, **how)

    return rename


def test_the_etag_that_was_read_allows_one_change_and_the_answer_has_the_next(thing, rename, api, call):
    read = call(api, f"GET /things/{thing.json['id']}")
    assert read.headers["etag"] == thing.headers["etag"] == '"1"'
    changed = rename(if_match=read.headers["etag"])
    assert (changed.status, changed.json["name"], changed.headers["etag"]) == (200, "b", '"2"')
    again = rename(if_match=read.headers["etag"])
    assert (again.status, again.json["code"]) == (412, "stale_version")


def test_a_change_between_read_and_write_is_stale_too(thing, rename):
    second = service(before_commit=lambda: rename(if_match='"1"'))
    assert rename(api=second, if_match='"1"').status == 412


def test_without_if_match_nothing_is_changed(rename):
    answered = rename()
    assert (answered.status, answered.json["code"]) == (428, "if_match_required")


@pytest.mark.parametrize(
    ("text", "version"), [('"3"', 3), ('W/"3"', 3), (' "3" ', 3), ("*", None), (" * ", None), ('"007"', 7)]
)
def test_an_etag_is_read_in_each_of_its_forms(text, version):
    assert parse_if_match(text, required=True) == version


@pytest.mark.parametrize(
    "text", ["", "3", '"a"', '"-1"', '"1.5"', "'3'", '"3', '"٣"', '"3", "4"', '"' + "9" * 16 + '"']
)
def test_what_is_none_of_our_etags_matches_nothing(text):
    with pytest.raises(Problem) as raised:
        parse_if_match(text, required=True)
    assert raised.value.status == 412


def test_a_star_changes_whatever_is_there(rename):
    assert rename(if_match="*").status == 200


def test_where_it_is_not_required_it_may_be_missing():
    assert parse_if_match(None, required=False) is None


def test_no_content_has_no_body(api, call):
    answered = call(api, "DELETE /things/1")
    assert (answered.status, answered.text) == (204, "")


@pytest.mark.parametrize(("standing", "version"), [(None, 0), (Aggregate(id="thg_1", version=3), 3)])
def test_a_put_writes_over_what_stands_unless_the_client_has_seen_another_version(standing, version):
    def asked(if_match):
        return Request(Caller("sub", "agent", frozenset()), now(), {}, if_match=if_match)

    assert asked(None).version_over(standing) == version
    assert asked(version).version_over(standing) == version
    with pytest.raises(StaleVersion):
        asked(2).version_over(standing)
