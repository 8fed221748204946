"""Filter expressions: what they match, and where a bad one is wrong."""

import json

import pytest

from local.xray.assembly import assemble
from local.xray.completion import complete
from local.xray.expressions import Malformed, parse
from local.xray.inference import infer
from local.xray.subjects import Whole
from tests.xray.support import new_id, new_trace_id


@pytest.fixture(scope="module")
def trace() -> Whole:
    """The shop answers 409 after 2 s; its call of the bank failed, the bank itself says nothing of it."""
    trace_id, at = new_trace_id(1_795_000_000), 1_795_000_000.0
    request = {"method": "POST", "url": "https://shop/orders", "client_ip": "127.0.0.1", "user_agent": "curl/8"}
    shop = {
        "trace_id": trace_id,
        "id": new_id(),
        "name": "shop",
        "origin": "AWS::Lambda::Function",
        "start_time": at,
        "end_time": at + 2,
        "error": True,
        "user": "usr_1",
        "http": {"request": request, "response": {"status": 409}},
        "annotations": {"customer": "cus_1", "lines": 3, "paid": False},
        "aws": {"account_id": "123456789012"},
    }
    call = {
        "id": new_id(),
        "name": "bank.example.com",
        "namespace": "remote",
        "start_time": at,
        "end_time": at + 0.5,
        "fault": True,
    }
    bank = {"trace_id": trace_id, "id": new_id(), "name": "bank", "start_time": at, "in_progress": True}
    table = call | {"id": new_id(), "namespace": "aws", "aws": {"table_name": "orders"}, "fault": False}
    documents = [shop | {"subsegments": [call, table]}, bank | {"parent_id": call["id"]}]
    return Whole(infer(complete(assemble(trace_id, map(json.dumps, documents)))))


MATCHING = [
    "error",
    "!fault",
    "!ok",
    "!throttle",
    "partial",
    "error = true",
    "fault = false",
    "fault != true",
    "responsetime = 2",
    "responsetime >= 2 AND responsetime <= 2.0 AND duration > 1.5",
    "http.status != 500",
    'http.url BEGINSWITH "https://shop/" AND http.url ENDSWITH "orders" and http.url contains "p/o"',
    'http.method = "POST" http.clientip != "10.0.0.1" http.useragent = "curl/8"',
    'user = "usr_1"',
    "annotation[customer]",
    "!annotation[colour]",
    'annotation.customer = "cus_1"',
    'annotation["customer"] BEGINSWITH "cus"',
    "annotation[lines] >= 3",
    "annotation[paid] = false",
    'name = "shop" AND type = "AWS::Lambda::Function"',
    "fault OR error",
    "fault OR fault OR (error AND (partial))",
    "error OR fault AND fault",
    "!!error",
    "!(fault OR throttle)",
    "service()",
    'service("shop")',
    "service('bank') { partial }",
    '!service("stock")',
    'service("shop") { error AND responsetime > 1 AND root }',
    'service(id(name: "shop", type: "AWS::Lambda::Function")) { http.status = 409 }',
    'service(id(account.id: "123456789012"))',
    'service("orders") { inferred AND ok AND responsetime = 0.5 }',
    'edge("shop", "bank") { fault }',
    'edge("shop", "bank") { responsetime < 1 }',
    'edge("shop", id(type: "AWS::DynamoDB::Table")) { ok }',
    'edge("", "bank")',
    "edge() { fault = true }",
    r'annotation[customer] != "a \"quoted\" text"',
]
OTHERS = [
    "fault",
    "ok",
    "!error",
    "error = false",
    "responsetime > 2",
    "duration < 2",
    "http.status = 500",
    'http.url BEGINSWITH "shop"',
    'user = "usr_2"',
    "annotation[colour]",
    'annotation[colour] != "red"',
    "annotation[lines] = 2",
    'annotation[lines] = "3"',
    "annotation[paid] = 0",
    'service("stock")',
    'service("shop") { fault }',
    'service("bank") { fault }',
    'service("shop") { annotation[customer] = "cus_2" }',
    'service(id(name: "shop", type: "remote"))',
    'edge("bank", "shop")',
    'edge("shop", "bank") { ok }',
    'edge("shop") { throttle }',
    "error AND fault",
    "error fault",
]
MALFORMED = {
    "": "expected a word, found the end of the expression at character 1",
    "fault AND": "expected a word, found the end of the expression at character 10",
    "speed > 3": "expected a keyword, found `speed` at character 1",
    "responsetime": "expected an operator for a number, found the end of the expression at character 13",
    "responsetime = fast": "expected a number, found `fast` at character 16",
    'responsetime > "3"': 'expected a number, found `"3"` at character 16',
    "responsetime CONTAINS 3": "expected an operator for a number, found `CONTAINS` at character 14",
    "http.method > 3": "expected an operator for a text, found `>` at character 13",
    "fault > true": "expected an operator for a truth value, found `>` at character 7",
    "annotation[a] > ": "expected a value of its kind, found the end of the expression at character 16",
    "annotation[a = 3": "expected `]`, found `=` at character 14",
    "(fault": "expected `)`, found the end of the expression at character 7",
    "fault)": "expected the end of the expression, found `)` at character 6",
    "service(shop)": "expected a text, found `shop` at character 9",
    'service("a", "b")': 'expected `)`, found `"b"` at character 14',
    'service("a") { }': "expected a word, found `}` at character 16",
    'service(id(colour: "red"))': "expected name, type or account.id, found `colour` at character 12",
    'user = "open': 'cannot read `"open` at character 8',
    "fault & error": "cannot read `& error` at character 7",
    "(" * 60 + "fault": "more than 50 levels deep at character 51",
}


@pytest.mark.parametrize("expression", MATCHING)
def test_it_matches(trace: Whole, expression: str) -> None:
    assert parse(expression)(trace)


@pytest.mark.parametrize("expression", OTHERS)
def test_it_does_not_match(trace: Whole, expression: str) -> None:
    assert not parse(expression)(trace)


@pytest.mark.parametrize(("expression", "message"), MALFORMED.items())
def test_a_malformed_one_says_what_is_wrong_and_where(expression: str, message: str) -> None:
    with pytest.raises(Malformed) as malformed:
        parse(expression)
    assert str(malformed.value) == message
