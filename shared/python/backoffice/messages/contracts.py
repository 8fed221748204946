"""The contracts at run time: what is about to be told is checked once more before it leaves.

They are packed with each service (``shared/serverless/package.yml``), so that a service checks what it was built with.
A contract is compiled when its message is told first: a few milliseconds, once in the life of a process.
"""

import json
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import fastjsonschema

from backoffice.currencies import MINOR_UNITS

_SHARED = Path(__file__).resolve().parents[3]
_TASK = os.environ.get("LAMBDA_TASK_ROOT")
# Formats of the contracts that JSON Schema does not know.
FORMATS: dict[str, Callable[[str], bool]] = {"iso-4217": MINOR_UNITS.__contains__}
FOLDER = (Path(_TASK) / "shared" if _TASK else _SHARED) / "contracts"
_ENVELOPE = "envelope.v1.json"


def fault(message: str) -> str | None:
    """What a message says against its envelope's contract or its own, by field and without its values; None if nothing.

    A message that no contract describes is at fault, too.
    """
    try:
        envelope = json.loads(message)
        compiled(_ENVELOPE)(envelope, name_prefix="envelope")
        name = f"{envelope['type']}.v{envelope['schema_version']}.json"
        if not _files(name):
            return f"there is no contract {name}"
        compiled(name)(envelope["data"], name_prefix="data")
    except fastjsonschema.JsonSchemaValuesException as refused:
        return "; ".join(error.message for error in refused.errors)
    except json.JSONDecodeError:
        return "the message is not JSON"
    return None


@lru_cache(maxsize=256)
def compiled(name: str) -> Callable[..., Any]:
    """What a contract demands, by its file's name; raises JsonSchemaValuesException with all faults.

    It describes, and fills in nothing.
    """
    (file,) = _files(name)
    check: Callable[..., Any] = fastjsonschema.compile(
        json.loads(file.read_text()), formats=FORMATS, use_default=False, fast_fail=False
    )
    return check


@lru_cache(maxsize=256)
def _files(name: str) -> tuple[Path, ...]:
    return (FOLDER / name,) if name == _ENVELOPE else tuple(FOLDER.glob(f"*/{name}"))
