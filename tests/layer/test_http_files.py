"""Files in place of JSON: sent as they are, saved under a name, and not sent twice."""

import base64

import pytest
from http_service import PICTURE, service


@pytest.fixture
def get(call):
    return lambda path, **how: call(service(), f"GET {path}", **how)


def test_bytes_go_through_the_gateway_as_base64(get):
    reply = get("/pictures/logo")
    assert (reply.status, reply.headers["content-type"], reply.is_binary) == (200, "image/png", True)
    assert base64.b64decode(reply.text) == PICTURE


def test_text_goes_through_as_it_is(get):
    reply = get("/texts/a")
    assert (reply.text, reply.is_binary, reply.headers["content-type"]) == ("Ünïcode", False, "text/plain")


def test_a_file_is_saved_under_its_name_and_kept_by_its_reader_alone(get):
    headers = get("/pictures/logo").headers
    assert headers["content-disposition"] == 'attachment; filename="logo.png"'
    assert headers["cache-control"] == "private, max-age=86400"


def test_equal_files_have_equal_tags_and_others_have_others(get):
    logo, again, text = (get(path).headers["etag"] for path in ("/pictures/logo", "/pictures/icon", "/texts/a"))
    assert logo == again != text


@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_who_has_the_file_gets_no_second_one(get, known):
    tag = get("/pictures/logo").headers["etag"]
    reply = get("/pictures/logo", if_none_match=known.format(tag=tag))
    assert (reply.status, reply.text, reply.headers["etag"]) == (304, "", tag)
    assert "content-disposition" not in reply.headers


def test_who_has_another_file_gets_this_one(get):
    assert get("/pictures/logo", if_none_match='"other"').status == 200


def test_what_is_no_file_is_sent_whatever_the_reader_has(get):
    assert get("/whoami", if_none_match="*").status == 200


def test_errors_of_a_file_are_problems(get):
    reply = get("/pictures/logo", groups="analysts")
    assert (reply.status, reply.headers["content-type"]) == (403, "application/problem+json")


def test_a_file_that_changes_is_sent_anew_and_kept_by_no_cache(get):
    reply = get("/sheets/a", if_none_match="*")
    assert (reply.status, reply.text) == (200, "a\r\n")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-disposition"] == 'attachment; filename="a.csv"'
