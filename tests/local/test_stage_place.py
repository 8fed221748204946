"""One number decides where a stage lives."""

from pathlib import Path

import pytest

from local.stage.place import ROOT, Place
from local.stage.problem import Problem


def test_the_default_port_gives_the_well_known_ports_and_dot_local() -> None:
    place = Place.at(4566)

    assert (place.port, place.xray_port, place.console_port, place.daemon_port) == (4566, 4567, 4568, 2000)
    assert place.state == ROOT / ".local"


def test_another_port_gives_other_ports_and_another_folder() -> None:
    place = Place.at("5000")

    assert (place.port, place.xray_port, place.console_port, place.daemon_port) == (5000, 5001, 5002, 2434)
    assert place.state == ROOT / ".local-5000"


def test_a_test_run_may_choose_its_own_folder(tmp_path: Path) -> None:
    assert Place.at(5000, tmp_path).state == tmp_path


def test_everything_is_on_loopback() -> None:
    place = Place.at(5000)

    assert place.aws_url == "http://127.0.0.1:5000"
    assert place.xray_url == "http://127.0.0.1:5001"


@pytest.mark.parametrize("port", ["http", "", "4566.5", "80", "3589", "65534", "-1"])
def test_a_port_that_cannot_be_is_refused_with_the_range_that_can(port: str) -> None:
    with pytest.raises(Problem, match="choose one from 3590 to 65532"):
        Place.at(port)
