"""`python -m compatibility can-deploy` against a stage, where what was deployed is read from the archives."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compatibility import deployed, record
from compatibility.__main__ import NO, NO_ANSWER, YES, main
from compatibility.contracts import ROOT
from operations.stage import Stage as AskedStage
from tests.stage import Stage

SERVICES = ("analytics", "customer-support", "invoicing")
Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the gate reads of a clone, to be edited."""
    shutil.copytree(ROOT / "shared" / "contracts", tmp_path / "shared" / "contracts")
    for service in SERVICES:
        (tmp_path / "services" / service).mkdir(parents=True)
        for name in ("serverless.yml", "openapi.yml", "consumes.yml"):
            shutil.copy(ROOT / "services" / service / name, tmp_path / "services" / service)
    return tmp_path


@pytest.fixture
def ask(stage: Stage, clone: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Ask as the command does; answers the exit code and what it told."""

    def asked(*options: str) -> tuple[int, str]:
        code = main(["can-deploy", "--endpoints", str(stage.place.endpoints_file), *options], clone)
        output = capsys.readouterr()
        return code, output.out + output.err

    return asked


def edited(file: Path, edit: Callable[[Any], object]) -> None:
    document = json.loads(file.read_text())
    edit(document)
    file.write_text(json.dumps(document))


def test_what_is_deployed_is_what_was_in_the_clone(stage: Stage) -> None:
    running = deployed.records(AskedStage("local", stage.place.endpoints_file))
    assert [one.service for one in running] == sorted(SERVICES)
    for one in running:
        candidate = record.of_clone(one.service)
        assert (one.relied, one.api) == (candidate.relied, candidate.api)
        assert {message: contract.schema for message, contract in one.told.items()} == {
            message: contract.schema for message, contract in candidate.told.items()
        }
        assert one.since


def test_the_clone_that_was_deployed_may_be_deployed_again_and_the_answer_takes_less_than_5_seconds(ask: Ask) -> None:
    began = time.monotonic()
    code, text = ask()
    assert time.monotonic() - began < 5
    assert (code, text.count("yes: ")) == (YES, len(SERVICES)), text


def test_a_producer_is_told_whom_it_would_break_and_where(ask: Ask, clone: Path) -> None:
    contract = clone / "shared" / "contracts" / "customer-support" / "TicketSolved.v1.json"
    edited(contract, lambda one: one["properties"]["time_entries"]["items"]["properties"]["minutes"].update(minimum=0))
    code, text = ask("--service", "customer-support")
    assert code == NO
    assert text.splitlines() == [
        "no: customer-support may not be deployed to local",
        "  invoicing relies on TicketSolved v1 of customer-support: "
        "data.time_entries[].minutes may be 0, and at least 1 is expected",
    ]
    assert ask("--service", "analytics")[0] == YES, "the change is not of its making"


def test_a_consumer_is_told_what_it_may_not_rely_on(ask: Ask, clone: Path) -> None:
    consumes = clone / "services" / "analytics" / "consumes.yml"
    consumes.write_text(consumes.read_text().replace("required:\n  - opened_at", "required:\n  - opened_at\n  - mood"))
    code, text = ask("--service", "analytics", "--json")
    (answer,) = json.loads(text)
    assert (code, answer["can_deploy"]) == (NO, False)
    assert answer["objections"] == [
        {
            "consumer": "analytics",
            "subject": "TicketOpened v1 of customer-support",
            "field": "data.mood",
            "reason": "is gone",
        }
    ]


def test_clients_of_an_api_keep_their_routes(ask: Ask, clone: Path) -> None:
    openapi = clone / "services" / "analytics" / "openapi.yml"
    openapi.write_text(openapi.read_text().replace("  /metrics:", "  /measures:"))
    code, text = ask("--service", "analytics")
    assert (code, "clients rely on GET /metrics: route is gone" in text) == (NO, True)


def test_where_nobody_can_be_asked_the_answer_is_neither_yes_nor_no(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["can-deploy", "--endpoints", str(tmp_path / "none.json")]) == NO_ANSWER
    assert "There is no local stage" in capsys.readouterr().err
    code, text = ask("--service", "billing")
    assert (code, text) == (
        NO_ANSWER,
        "There is no service 'billing'. SERVICE is one of analytics, customer-support, invoicing.\n",
    )


def test_a_clone_that_cannot_be_read_is_no_answer(ask: Ask, clone: Path) -> None:
    (clone / "shared" / "contracts" / "analytics" / "FileDropRejected.v1.json").write_text("{")
    code, text = ask("--service", "analytics")
    assert code == NO_ANSWER
    assert "analytics/FileDropRejected.v1.json is not JSON" in text
