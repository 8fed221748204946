"""Where the local stage answers: the one module that knows of `local/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.stage.environment import REGION, ROOT_CREDENTIALS
from local.stage.place import STAGE, Place, requested
from local.stage.problem import Problem as Unusable
from local.stage.users import DEMO_PASSWORD, DEMO_USERS
from operations.problems import Problem

NAME = STAGE
AUDIT_LOG = "operations-audit.log"


def endpoints_file() -> Path:
    """That of the stage which PORT chooses, as for every other command. Raises Problem for a PORT that is none."""
    return _place().endpoints_file


def console_port() -> int:
    """That of the stage which PORT chooses."""
    return _place().console_port


def endpoints(file: Path) -> dict[str, Any]:
    """`{"aws": url, "xray": url, "services": {name: url}}`. Raises Problem where no stage has written them."""
    try:
        found = json.loads(file.read_text())
        return {"aws": str(found["aws"]), "xray": str(found["xray"]), "services": dict(found.get("services", {}))}
    except (OSError, ValueError, KeyError):
        raise Problem(
            "no_stage",
            f"There is no local stage: {file} is missing or unreadable.",
            "Start one with `make up`; another one's commands take the same PORT=....",
            503,
        ) from None


def credentials() -> dict[str, str]:
    """boto3's arguments for the root of the local stage."""
    return {
        "region_name": REGION,
        "aws_access_key_id": ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }


def api_url(aws: str, api: str) -> str:
    """Where the embedded AWS serves a REST API."""
    return f"{aws}/_aws/execute-api/{api}/{NAME}"


def demo_analyst() -> tuple[str, str]:
    """The name and the password of the local stage's demo user who may ask analytics."""
    return next(user for user, group in DEMO_USERS.items() if group == "analysts"), DEMO_PASSWORD


def _place() -> Place:
    try:
        return Place.at(requested())
    except Unusable as unusable:
        raise Problem("bad_request", f"{unusable}.", "Correct PORT in the environment.", 400) from None
