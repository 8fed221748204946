"""The shell asks before it changes anything, and says what became of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws

from operations import __main__ as shell
from operations import session
from operations.tables import table
from tests.operations.test_operations_dead_letters import INBOX, LETTERS, Place, refuse

REDRIVE, DISCARD = ["dead-letters", "redrive", LETTERS], ["dead-letters", "discard", LETTERS]
ALLOWED = ["--stage", "prod", "--allow-writes"]


class Terminal(io.StringIO):
    """Somebody who types an answer."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with mock_aws():
        made = Place()
        monkeypatch.setattr(session, "Stage", lambda name, endpoints: made.stage)
        monkeypatch.setattr(session, "Stacks", lambda stage: made.stacks)
        yield made


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda answer: monkeypatch.setattr("sys.stdin", Terminal(answer))


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "maybe\n"])
@pytest.mark.parametrize("command", [REDRIVE, DISCARD], ids=lambda command: command[1])
def test_nothing_is_changed_unless_somebody_says_yes(
    place: Place, typing: Any, capsys: pytest.CaptureFixture[str], command: list[str], answer: str
) -> None:
    letter = place.die()
    typing(answer)

    assert shell.main([*command, letter, *ALLOWED]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert [message["MessageId"] for message in place.received(LETTERS)] == [letter]


def test_who_is_asked_reads_what_will_happen(place: Place, typing: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.die()
    typing("y\n")
    assert shell.main([*REDRIVE, "--all", *ALLOWED]) == 0
    told = capsys.readouterr()

    assert f"Send all letters of {LETTERS} (about 1) back to {INBOX}, stage prod? [y/N]" in told.err
    assert "moved" in told.out
    assert len(place.received(INBOX)) == 1


def test_without_leave_to_write_nobody_is_even_asked(
    place: Place, typing: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = place.die()
    typing("y\n")

    assert shell.main([*DISCARD, letter, "--stage", "prod"]) == 1
    assert "--allow-writes" in capsys.readouterr().err
    assert len(place.received(LETTERS)) == 1


def test_a_dry_run_needs_no_leave_and_asks_nobody(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    letter = place.die()

    assert shell.main([*REDRIVE, "--all", "--dry-run", "--stage", "prod", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"moved": [letter], "failed": [], "dry_run": True}


def test_where_some_letters_failed_the_exit_code_says_so_and_a_sentence_each(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = place.die()

    assert shell.main([*DISCARD, letter, "never-was", "--yes", *ALLOWED]) == 1
    told = capsys.readouterr()
    assert letter in told.out
    assert "never-was is gone" in told.err


def test_what_goes_wrong_on_the_way_is_told_without_a_traceback(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.die()
    place.before("SendMessage", refuse("AccessDenied"))

    assert shell.main([*REDRIVE, "--all", "--yes", *ALLOWED]) == 1
    assert "You may not call SendMessage" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "prod/..", "prod stage", "prüd", "-"])
def test_a_name_that_cannot_be_a_stages_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(["queues", f"--stage={name}"]) == 1
    assert "no stage's name" in capsys.readouterr().err


def test_columns_are_as_wide_as_what_is_in_them_and_numbers_stand_to_the_right() -> None:
    assert table(("NAME", "N", "P50"), [("a", 7, "9 ms"), ("longer", 1234, None)]).splitlines() == [
        "NAME       N   P50",
        "a          7  9 ms",
        "longer  1234     -",
    ]
