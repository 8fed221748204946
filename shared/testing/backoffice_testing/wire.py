"""``Tables`` in the place of DynamoDB: the SDK writes, signs, sends, reads as ever, and nothing leaves the process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from io import BytesIO
from threading import RLock
from typing import Any
from unittest.mock import patch

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws
from moto.sns.models import Subscription

from backoffice_testing.tables import Tables

_MOTO: Any = {"core": {"passthrough": {"urls": [r"https://dynamodb\."]}, "reset_boto3_session": False}}
_one_by_one = RLock()
_in_place: list[tuple[Tables, bool]] = []


@contextmanager
def answered_by(tables: Tables, *, moto: bool) -> Iterator[None]:
    """Within, DynamoDB's clients speak to these tables; those of other services to moto, or to nobody: a call raises.

    It holds for all clients that were made since this module was loaded.
    """
    _in_place.append((tables, moto))
    try:
        with _moto() if moto else nullcontext():
            yield
    finally:
        _in_place.pop()


@contextmanager
def _moto() -> Iterator[None]:
    # One session for all tests: each new one reads the SDK's models anew. And one key to sign what nobody verifies:
    # moto makes one for each subscription, which takes a tenth of a second.
    with (
        patch.object(boto3, "DEFAULT_SESSION", _session()),
        patch.object(Subscription, "private_key", lambda _: _signing_key()),
        mock_aws(config=_MOTO),
    ):
        yield


_session = cache(boto3.Session)


@cache
def _signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
    if not _in_place:
        return None
    tables, moto = _in_place[-1]
    target = request.headers.get("X-Amz-Target", b"").decode()
    if not target.startswith("DynamoDB_"):
        assert moto, f"{request.url}: say that the test needs AWS (ServiceTest.aws)"
        return None
    operation = xform_name(target.partition(".")[2])
    status, body = 200, {}
    try:
        with _one_by_one:
            body = getattr(tables, operation)(**json.loads(request.body))
    except ClientError as error:
        status, body = 400, _told(error)
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, _Body(json.dumps(body).encode()))


def _told(error: ClientError) -> dict[str, Any]:
    further = {name: value for name, value in error.response.items() if name not in ("Error", "ResponseMetadata")}
    return {"__type": error.response["Error"]["Code"], "message": error.response["Error"]["Message"], **further}


class _Body(BytesIO):
    """An answer's bytes as the SDK reads them."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


# As moto does it: clients take these along when they are made.
BUILTIN_HANDLERS.append(("before-send", _answer))
