"""What runs on a stage: the records in the archives of its services' functions."""

from __future__ import annotations

import urllib.error
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from compatibility import record
from compatibility.record import Record
from operations.problems import Problem, asking
from operations.stacks import FUNCTION, Stacks
from operations.stage import Stage

# All functions of a service share one archive; its relay is the one that tells by it.
_ASKED = "relay"
_SECONDS = 10


def records(stage: Stage) -> list[Record]:
    """The record of each service that is deployed on a stage; none of a stage that does not exist yet.

    Raises Problem if the stage cannot be asked, or if what it answers is no service's archive.
    """
    functions = {one.id: one.context for one in Stacks(stage).resources(FUNCTION)}
    relays = {context: id for id, context in functions.items() if id == f"{stage.name}-{context}-{_ASKED}"}
    if not relays:
        return []
    client = stage.client("lambda")
    # Loopback is no proxy's business.
    web = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if stage.is_local else []))
    with ThreadPoolExecutor(len(relays)) as several:
        return list(several.map(lambda context: _record(client, web, context, relays[context]), sorted(relays)))


def _record(client: Any, web: urllib.request.OpenerDirector, service: str, function: str) -> Record:
    with asking(f"which version of {service} runs"):
        told = client.get_function(FunctionName=function)
    try:
        with web.open(told["Code"]["Location"], timeout=_SECONDS) as answer:
            return record.of_archive(service, answer.read(), str(told["Configuration"]["LastModified"]))
    except (urllib.error.URLError, TimeoutError, zipfile.BadZipFile, ValueError) as error:
        raise Problem(
            "unreadable", f"The archive of {function} cannot be read: {error}.", "Deploy the service again."
        ) from error
