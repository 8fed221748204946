"""What is deployed, as the embedded AWS tells it: a function's configuration, its code, its role's credentials."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .unpacked import Unpacked

TRUSTED_SECONDS = 0.5
_RENEW_BEFORE_SECONDS = 300.0


@dataclass(frozen=True)
class Function:
    """A deployed function. Times in seconds, memory in MB; `layers` are ARNs of layer versions, the last one wins."""

    name: str
    arn: str
    role: str
    handler: str
    variables: tuple[tuple[str, str], ...]
    timeout: int
    memory: int
    code_sha256: str
    layers: tuple[str, ...]
    traced: bool
    log_group: str
    reserved: int | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Function:
        """From the answer of GetFunction."""
        told = answer["Configuration"]
        name = told["FunctionName"]
        return cls(
            name=name,
            arn=told["FunctionArn"],
            role=told["Role"],
            handler=told["Handler"],
            variables=tuple(sorted(told.get("Environment", {}).get("Variables", {}).items())),
            timeout=int(told.get("Timeout", 3)),
            memory=int(told.get("MemorySize", 128)),
            code_sha256=told["CodeSha256"],
            layers=tuple(layer["Arn"] for layer in told.get("Layers", [])),
            traced=told.get("TracingConfig", {}).get("Mode") == "Active",
            log_group=told.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}"),
            reserved=answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        )


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of a function's role; `expires` in epoch seconds."""

    variables: Mapping[str, str]
    expires: float

    @property
    def are_due(self) -> bool:
        return time.time() > self.expires - _RENEW_BEFORE_SECONDS


class Deployed:
    """Asks the embedded AWS, and trusts its word on a function for half a second.

    Args:
        clients: makes a boto3 client of a service, with the root's rights.
        folder: where code and layers are unpacked.
    """

    def __init__(self, clients: Any, folder: Path) -> None:
        self._lambda, self._sts = clients("lambda"), clients("sts")
        self._unpacked = Unpacked(folder)
        self._known: dict[str, tuple[float, Function]] = {}
        self._asked: dict[str, asyncio.Task[Function]] = {}
        self._credentials: dict[str, Credentials] = {}

    async def function(self, name: str) -> Function:
        """The function as deployed. Raises botocore's ClientError if there is none."""
        at, known = self._known.get(name, (0.0, None))
        if known is not None and time.monotonic() - at < TRUSTED_SECONDS:
            return known
        if name not in self._asked:
            self._asked[name] = asyncio.create_task(self._ask(name))
        return await asyncio.shield(self._asked[name])

    def forget(self) -> None:
        """Something has been deployed: ask anew from now on."""
        self._known.clear()
        self._asked.clear()

    async def folders(self, function: Function) -> tuple[Path, list[Path]]:
        """Where the function's code and its layers lie unpacked, the layers in the order of the import path."""
        return await asyncio.to_thread(self._folders, function)

    async def forget_replaced(self) -> int:
        """Remove unpacked code and layers that have not been deployed for long. Returns how many.

        Raises botocore's ClientError or BotoCoreError if the embedded AWS does not tell what is deployed.
        """
        return await asyncio.to_thread(self._prune)

    async def credentials(self, function: Function) -> Credentials:
        """Of the function's role, good for five minutes at least."""
        known = self._credentials.get(function.role)
        if known is None or known.are_due:
            known = await asyncio.to_thread(self._assume, function)
            self._credentials[function.role] = known
        return known

    async def _ask(self, name: str) -> Function:
        mine = asyncio.current_task()
        asked = time.monotonic()
        try:
            function = Function.of(await asyncio.to_thread(self._lambda.get_function, FunctionName=name))
            if self._asked.get(name) is mine:  # else it was told before the deploy that made us forget
                self._known[name] = (asked, function)
            return function
        finally:
            if self._asked.get(name) is mine:
                del self._asked[name]

    def _folders(self, function: Function) -> tuple[Path, list[Path]]:
        def code() -> str:
            return str(self._lambda.get_function(FunctionName=function.name)["Code"]["Location"])

        layers = [self._layer(arn) for arn in reversed(function.layers)]
        return self._unpacked.folder(function.code_sha256, code), layers

    def _layer(self, arn: str) -> Path:
        def content() -> str:
            return str(self._lambda.get_layer_version_by_arn(Arn=arn)["Content"]["Location"])

        return self._unpacked.folder(self._layers_digest(arn), content)

    def _layers_digest(self, arn: str) -> str:
        # A version is never changed, but a stage that was reset counts from one again.
        return str(self._lambda.get_layer_version_by_arn(Arn=arn)["Content"]["CodeSha256"])

    def _prune(self) -> int:
        listed = list(self._lambda.get_paginator("list_functions").paginate().search("Functions[]"))
        layers = {layer["Arn"] for told in listed for layer in told.get("Layers", [])}
        return self._unpacked.prune([*(told["CodeSha256"] for told in listed), *map(self._layers_digest, layers)])

    def _assume(self, function: Function) -> Credentials:
        # The session's name is the function's, as on AWS, so that a refusal names it.
        told = self._sts.assume_role(RoleArn=function.role, RoleSessionName=function.name[:64])["Credentials"]
        expires: datetime = told["Expiration"]
        variables = {
            "AWS_ACCESS_KEY_ID": told["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": told["SecretAccessKey"],
            "AWS_SESSION_TOKEN": told["SessionToken"],
        }
        return Credentials(variables, expires.timestamp())
