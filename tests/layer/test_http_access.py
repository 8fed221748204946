"""Who may call what, and what a request tells a handler."""

import pytest
from http_service import service

READS = ["GET /things", "GET /whoami"]
WRITES = ["POST /things", "PATCH /things/thg_01JD8X6W9Q4T0M3V5K7R2N1P0C", "DELETE /things/1"]


@pytest.fixture(scope="module")
def api():
    return service()


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("agents", ["agents"]),
        ("[agents]", ["agents"]),
        ("agents,operators", ["agents", "operators"]),
        ("[agents operators]", ["agents", "operators"]),
        ("[agents, operators]", ["agents", "operators"]),
        (["agents", "operators"], ["agents", "operators"]),
    ],
)
def test_groups_are_read_however_the_authorizer_writes_them(api, call, claim, groups):
    assert call(api, "GET /whoami", groups=claim).json["groups"] == groups


@pytest.mark.parametrize(
    "claim", [None, "", "[]", "accountants", "[accountants analysts]", "agents2", "Agents", "xagents"]
)
@pytest.mark.parametrize("request_line", READS + WRITES)
def test_another_group_is_forbidden_before_anything_else_is_looked_at(api, call, request_line, claim):
    answered = call(api, request_line, groups=claim, text="{")
    assert (answered.status, answered.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("claims", [{}, {"sub": "user-1"}])
def test_without_any_group_it_is_forbidden(api, call, claims):
    assert call(api, "GET /whoami", claims=claims).status == 403


def test_without_an_authorizer_only_open_routes_answer(api, context):
    def event(path):
        return {
            "httpMethod": "GET",
            "path": path,
            "headers": None,
            "multiValueHeaders": None,
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "requestContext": {"requestId": "r"},
            "body": None,
            "isBase64Encoded": False,
        }

    assert api.handler(event("/open"), context)["statusCode"] == 200
    assert api.handler(event("/whoami"), context)["statusCode"] == 403


@pytest.mark.parametrize("request_line", READS)
def test_operators_read_everything(table, api, call, request_line):
    assert call(api, request_line, groups="operators").status == 200


def test_operators_use_a_post_that_only_reads(api, call):
    assert call(api, "POST /preview", body={"name": "a"}, groups="[operators]").status == 200


@pytest.mark.parametrize("request_line", WRITES)
def test_operators_write_nothing(api, call, request_line):
    answered = call(api, request_line, groups="operators", body={"name": "a"}, if_match='"1"', idempotency_key="k")
    assert answered.status == 403


def test_a_caller_is_the_tokens_subject_and_name(api, call):
    claims = {"sub": "s-1", "cognito:username": "s-1", "cognito:groups": "agents"}
    assert call(api, "GET /whoami", claims=claims).json == {"sub": "s-1", "username": "s-1", "groups": ["agents"]}
    assert call(api, "GET /whoami", sub="s-2").json["username"] == "s-2@example.com"


class TestWhatIsLoggedAndTraced:
    def test_a_request_is_one_line_with_route_status_and_duration(self, api, call, log):
        call(api, "GET /errors/rule")
        (line,) = [line for line in log() if line["message"] == "request"]
        assert (line["route"], line["status"]) == ("GET /errors/{name}", 409)
        assert line["milliseconds"] >= 0
        assert line["function"] == "test-layer-commands"

    def test_no_line_holds_the_callers_name_or_address(self, api, call, log):
        call(api, "GET /whoami", sub="somebody")
        call(api, "GET /errors/bug", sub="somebody")
        assert "somebody" not in str(log())

    def test_the_clients_correlation_id_is_kept(self, api, call, log, daemon, invoked):
        invoked()
        call(api, "GET /open", x_correlation_id="from-the-client")
        assert {line["correlation_id"] for line in log()} == {"from-the-client"}
        (document,) = daemon.documents()
        assert document["annotations"] == {"route": "GET /open", "correlation_id": "from-the-client"}
        assert document["name"] == "open_to_all"

    def test_without_one_the_request_id_correlates(self, api, call, log):
        call(api, "GET /open")
        assert {line["correlation_id"] for line in log()} == {"request-1"}

    def test_an_endless_correlation_id_is_cut(self, api, call, log):
        call(api, "GET /open", x_correlation_id="x" * 5000)
        assert {len(line["correlation_id"]) for line in log()} == {128}
