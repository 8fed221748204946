"""After a restart the readers of table streams begin at the beginning of the new, empty streams."""

import json
from pathlib import Path

from local.stage.place import Place
from local.stage.streams import forget_positions


def saved(place: Place) -> Path:
    file = place.state / "aws" / "state" / "lambda.json"
    file.parent.mkdir(parents=True)
    return file


def test_the_positions_in_table_streams_are_forgotten_and_nothing_else(tmp_path: Path) -> None:
    place = Place.at(5000, tmp_path)
    document = {
        "__ministack_format__": 2,
        "payload": {
            "functions": {"data": {"a": {"name": "relay"}}},
            "kinesis_positions": {"__account_region_scoped__": True, "data": {"k": {"shard": 7}}},
            "dynamodb_stream_positions": {"__account_region_scoped__": True, "data": {"d": {"shard": 41}}},
        },
    }
    file = saved(place)
    file.write_text(json.dumps(document))

    forget_positions(place)

    document["payload"]["dynamodb_stream_positions"]["data"] = {}  # type: ignore[index]
    assert json.loads(file.read_text()) == document
    assert [path.name for path in file.parent.iterdir()] == ["lambda.json"]


def test_a_stage_that_never_ran_has_nothing_to_forget(tmp_path: Path) -> None:
    forget_positions(Place.at(5000, tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_a_stage_without_readers_keeps_its_file_as_it_is(tmp_path: Path) -> None:
    place = Place.at(5000, tmp_path)
    file = saved(place)
    file.write_text('{"payload": {"functions": {}}}')

    forget_positions(place)

    assert file.read_text() == '{"payload": {"functions": {}}}'
