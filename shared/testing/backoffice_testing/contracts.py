"""The contracts of events: JSON Schemas that say exactly what each context tells the others."""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from backoffice.clock import parse_time
from backoffice.messages.contracts import FORMATS as OWN_FORMATS

FOLDER = Path(__file__).resolve().parents[2] / "contracts"


def _formats() -> FormatChecker:
    """JSON Schema's formats, and those that contracts use beside them."""
    checker = FormatChecker()
    for name, holds in {**OWN_FORMATS, "date-time": parse_time}.items():
        checker.checks(name, raises=ValueError)(partial(_of_text, holds))
    return checker


def _of_text(holds: Callable[[str], object], value: object) -> bool:
    return not isinstance(value, str) or bool(holds(value))


class NoContract(AssertionError):
    """An event goes out that no contract describes."""


def path_of(type: str, version: int = 1) -> Path:
    """Where the contract of an event type lies, ``<context>/<type>.v<version>.json``. Raises NoContract."""
    found = list(FOLDER.glob(f"*/{type}.v{version}.json"))
    if len(found) != 1:
        raise NoContract(f"{type} v{version} needs one contract, {FOLDER}/<context>/{type}.v{version}.json")
    return found[0]


def examples(type: str, version: int = 1) -> list[dict[str, Any]]:
    """The examples of an event's data that its contract gives, for tests of its consumers."""
    given: list[dict[str, Any]] = json.loads(path_of(type, version).read_text())["examples"]
    return given


def check(envelope: dict[str, Any]) -> None:
    """Raise AssertionError, naming every fault, unless an envelope and its data are as their contracts say."""
    faults = [*_faults("envelope", FOLDER / "envelope.v1.json", envelope)]
    if not faults:
        faults += _faults("data", path_of(envelope["type"], envelope["schema_version"]), envelope["data"])
        if json.loads(path_of(envelope["type"], envelope["schema_version"]).read_text()).get("deprecated"):
            faults.append(f"schema_version: {envelope['schema_version']} is deprecated and told no more")
    if faults:
        raise AssertionError(f"{envelope.get('type')} breaks its contract: " + "; ".join(faults))


def validator(path: Path) -> Draft202012Validator:
    """A contract, ready to be validated against; formats are checked too."""
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=_formats())


_cached_validator = lru_cache(maxsize=None)(validator)


def _faults(name: str, path: Path, document: Any) -> list[str]:
    errors = _cached_validator(path).iter_errors(document)
    return [f"{'.'.join([name, *map(str, error.absolute_path)])}: {error.message}" for error in errors]
