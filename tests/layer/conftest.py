"""What the layer's tests share: a table, a recorder's daemon, log lines, API calls."""

import json
from types import SimpleNamespace

import pytest
from api_caller import Caller
from layer_support import Daemon, trace_header
from moto import mock_aws

from backoffice import dynamodb, tracing
from backoffice.dynamodb import Table

REGION = "eu-central-1"


@pytest.fixture(autouse=True)
def function_environment(monkeypatch):
    """The environment of a function, outside any trace."""
    values = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": "test-layer-commands",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    for name in ("_X_AMZN_TRACE_ID", "AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_XRAY_SDK_ENABLED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def contracts_of_nobody(monkeypatch):
    """The tests' messages are invented ones, which no contract describes: all of them may be told."""
    monkeypatch.setattr("backoffice.messages.relay.fault", lambda message: None)


@pytest.fixture(scope="module")
def aws():
    """moto's AWS for a module, with clients of its own."""
    dynamodb.client.cache_clear()
    with mock_aws():
        yield
    dynamodb.client.cache_clear()


@pytest.fixture(scope="module")
def numbers():
    return iter(range(10**6))


@pytest.fixture
def table(aws, numbers, monkeypatch):
    """An empty table in the shape of every service's, named by TABLE_NAME."""
    name = f"test-layer-{next(numbers)}"
    keys = ("pk", "sk", "gsi1pk", "gsi1sk")
    dynamodb.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "gsi1",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    monkeypatch.setenv("TABLE_NAME", name)
    return Table.from_env()


@pytest.fixture
def sent(table):
    """The requests that were sent to DynamoDB, as ``(operation, headers)``."""
    requests = []
    events = dynamodb.client("dynamodb").meta.events

    def keep(request, event_name, **_):
        headers = {name: value if isinstance(value, str) else value.decode() for name, value in request.headers.items()}
        requests.append((event_name.rsplit(".", 1)[1], headers))

    events.register_first("before-send.dynamodb", keep)
    yield requests
    events.unregister("before-send.dynamodb", keep)


@pytest.fixture
def context():
    """A Lambda context."""
    return SimpleNamespace(function_name="test-layer-commands", aws_request_id="req-1")


@pytest.fixture
def call(context):
    """Call an Api as API Gateway's proxy integration does."""
    return Caller(context)


@pytest.fixture
def daemon(monkeypatch):
    """An X-Ray daemon on a free port that the recorder sends to; ``daemon.documents()`` are what came since."""
    with Daemon() as daemon:
        monkeypatch.setattr(tracing._recorder.emitter, "_ip", "127.0.0.1")
        monkeypatch.setattr(tracing._recorder.emitter, "_port", daemon.port)
        yield daemon


@pytest.fixture
def invoked(monkeypatch):
    """Begin an invocation: sets the trace header that Lambda gives it and returns it."""

    def begin(header=None):
        header = header or trace_header()
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        return header

    return begin


@pytest.fixture
def log(capsys):
    """The lines logged since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def unhurried(monkeypatch):
    """Record back-offs instead of waiting for them."""
    waits = []
    monkeypatch.setattr(dynamodb.time, "sleep", waits.append)
    return waits
