"""A stage, and boto3's clients of it: the local one by its endpoints, every other one by the caller's own set-up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from operations import local_stage
from operations.problems import EXPIRED, Problem, asking

_PATIENCE = Config(
    connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 4, "mode": "standard"}, max_pool_connections=32
)
_ON_LOOPBACK = _PATIENCE.merge(Config(proxies={}, retries={"total_max_attempts": 2}))


class Stage:
    """`name` as in the stacks' names; `local` is the laptop's. Clients are made once and may be used by any thread."""

    def __init__(self, name: str, endpoints: Path | None = None) -> None:
        self.name = name
        self.is_local = name == local_stage.NAME
        self._endpoints = endpoints
        self._clients: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._making = threading.Lock()

    def client(self, service: str) -> Any:
        """A boto3 client. Raises Problem where the stage, a region or a profile is missing."""
        with self._making:
            if service not in self._clients:
                with asking(f"for anything ({service})"):
                    self._clients[service] = self._local(service) if self.is_local else self._on_aws(service)
            return self._clients[service]

    def every(self, service: str, operation: str, member: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """What all pages of an operation (in botocore's spelling, `describe_stacks`) hold under `member`."""
        for page in self.client(service).get_paginator(operation).paginate(**asked):
            yield from page.get(member) or []

    @property
    def region(self) -> str:
        return str(self.client("sqs").meta.region_name)

    def api_url(self, api: str) -> str:
        """The base URL of a REST API of the stage, by its id."""
        if self.is_local:
            return local_stage.api_url(local_stage.endpoints(self._file())["aws"], api)
        return f"https://{api}.execute-api.{self.region}.amazonaws.com/{self.name}"

    @property
    def folder(self) -> Path | None:
        """Where the local stage keeps its state; None on AWS."""
        return self._file().parent if self.is_local else None

    @property
    def service_urls(self) -> dict[str, str]:
        """Where the local stage's services answer, by name; on AWS their stacks say so, and nothing is here."""
        return dict(local_stage.endpoints(self._file())["services"]) if self.is_local else {}

    def _file(self) -> Path:
        return self._endpoints or local_stage.endpoints_file()

    def _local(self, service: str) -> Any:
        urls = local_stage.endpoints(self._file())
        url = urls["xray" if service == "xray" else "aws"]
        return boto3.client(service, endpoint_url=url, config=_ON_LOOPBACK, **local_stage.credentials())

    def _on_aws(self, service: str) -> Any:
        self._session = self._session or boto3.Session()
        if self._session.get_credentials() is None:
            self._session = None
            raise NoCredentialsError
        client = self._session.client(service, config=_PATIENCE)
        client.meta.events.register("after-call", self._forget_expired)
        return client

    def _forget_expired(self, parsed: dict[str, Any], **_: Any) -> None:
        """Once credentials have expired, the next question is asked with those that there are by then."""
        if parsed.get("Error", {}).get("Code") in EXPIRED:
            self._clients, self._session = {}, None


def check_name(name: str) -> str:
    """Raises Problem unless `name` can be a stage's, which is part of the stacks' names."""
    if not name or not name.replace("-", "").isalnum() or not name.isascii():
        raise Problem("bad_request", f"`{name[:40]}` is no stage's name.", "Use letters, digits and hyphens.", 400)
    return name
