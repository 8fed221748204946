"""`make watch`: a saved file runs at the next invocation, and what Python cannot read changes nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.client import Client
from local.demo.waiting import until
from local.stage.place import PYTHON
from tests.stage import Stage, clone

# A second is what is promised; the machine that runs the tests does other things, too.
AT_MOST_SECONDS = 10.0
HANDLERS = "services/customer-support/customer_support/handlers/queries.py"
LAYER = "shared/python/backoffice/http/served.py"


@dataclass(frozen=True)
class Watched:
    """A copy of the house that is watched, and what is told on the terminal."""

    house: Path
    terminal: Path
    process: subprocess.Popen[bytes]
    api: Client

    @property
    def updates(self) -> int:
        """How often functions were updated so far."""
        return self.terminal.read_text().count(" functions updated in ")

    def answers_with(self) -> str | None:
        """What the edited code puts into each answer."""
        return self.api.get("/openapi.json").headers.get("X-Edited")

    def save(self, file: str, more: str) -> Callable[[], None]:
        """Add to a file; returns what takes it back."""
        path = self.house / file
        before = path.read_text()
        path.write_text(before + more)
        return lambda: None if path.write_text(before) else None


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone(tmp_path_factory.mktemp("house"))


@pytest.fixture
def watched(stage: Stage, house: Path, tmp_path: Path) -> Iterator[Watched]:
    terminal = tmp_path / "terminal"
    command = [str(PYTHON if PYTHON.exists() else sys.executable), "-m", "local.stage"]
    command += ["--port", str(stage.place.port), "--state", str(stage.place.state), "watch"]
    with terminal.open("w") as told:
        process = subprocess.Popen(command, cwd=house, stdin=subprocess.DEVNULL, stdout=told, stderr=told)
    try:
        until("the watch", lambda: "Watching" in terminal.read_text())
        yield Watched(house, terminal, process, Client(stage.endpoints["services"]["customer-support"]))
    finally:
        process.terminate()
        process.wait(10)


def edited(value: str) -> str:
    """Code that puts a header into each answer of a module's `handler`."""
    return f"""

def _edited(inner):
    def handler(event, context):
        answer = inner(event, context)
        answer["multiValueHeaders"]["X-Edited"] = ["{value}"]
        return answer

    return handler


handler = _edited(handler)
"""


RETITLED = """

_plain = openapi_document


def openapi_document(request):
    _document()["info"]["title"] = "Edited"
    return _plain(request)
"""


def test_a_saved_handler_runs_within_a_second_or_what_the_machine_needs(
    watched: Watched, pytestconfig: pytest.Config
) -> None:
    assert watched.answers_with() is None
    began = time.monotonic()
    take_back = watched.save(HANDLERS, edited("the handler"))
    until("the new behaviour", lambda: watched.answers_with() == "the handler", AT_MOST_SECONDS)
    _tell(pytestconfig, "a saved handler", time.monotonic() - began)
    take_back()
    until("the old behaviour", lambda: watched.answers_with() is None, AT_MOST_SECONDS)


def test_a_syntax_error_is_shown_with_its_place_and_the_old_code_stays(watched: Watched) -> None:
    line = (watched.house / HANDLERS).read_text().count("\n") + 1
    take_back = watched.save(HANDLERS, "def broken(:\n")
    until("the complaint", lambda: f"{HANDLERS}:{line}: SyntaxError: " in watched.terminal.read_text(), AT_MOST_SECONDS)
    assert "customer-support: the old code stays" in watched.terminal.read_text()
    assert watched.api.get("/openapi.json").status == 200
    updates = watched.updates
    take_back()
    until("the mended code", lambda: watched.updates > updates, AT_MOST_SECONDS)
    assert watched.api.get("/openapi.json").status == 200


def test_what_is_taken_back_while_nobody_watches_is_replaced_by_the_next_deploy(stage: Stage, watched: Watched) -> None:
    take_back = watched.save(HANDLERS, edited("soon gone"))
    until("the new behaviour", lambda: watched.answers_with() == "soon gone", AT_MOST_SECONDS)
    watched.process.terminate()
    watched.process.wait(10)
    take_back()
    assert "Deploying customer-support ..." in stage.up()
    assert watched.answers_with() is None


def test_a_saved_file_of_the_layer_runs_in_every_service(
    watched: Watched, stage: Stage, pytestconfig: pytest.Config
) -> None:
    invoicing = Client(stage.endpoints["services"]["invoicing"])
    title = invoicing.get("/openapi.json").body["info"]["title"]
    began = time.monotonic()
    take_back = watched.save(LAYER, RETITLED)
    until("the new title", lambda: invoicing.get("/openapi.json").body["info"]["title"] == "Edited", AT_MOST_SECONDS)
    _tell(pytestconfig, "a saved file of the layer", time.monotonic() - began)
    assert watched.api.get("/openapi.json").body["info"]["title"] == "Edited"
    take_back()
    until("the old title", lambda: invoicing.get("/openapi.json").body["info"]["title"] == title, AT_MOST_SECONDS)


def _tell(config: pytest.Config, what: str, seconds: float) -> None:
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{what} ran after {seconds:.2f} s", flush=True)
