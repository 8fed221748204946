"""The environments that the stage's programs get: what they need, and nothing of the developer's own AWS set-up."""

from __future__ import annotations

import os

from local.stage import functions
from local.stage.place import HOST, NODE_MODULES, Place

REGION = "eu-central-1"
# The emulator's root caller: it may do everything, and only the functions' roles are put to the test.
ROOT_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")
_OF_A_VIRTUAL_ENVIRONMENT = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
_NO_AWS_FILES = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def emulator(place: Place) -> dict[str, str]:
    """For the embedded AWS, which forwards every function's invocations to `local.lambda`."""
    data = place.state / "aws"
    return {
        **_kept(),
        **_NO_AWS_FILES,
        "TZ": "UTC",
        "PYTHONNOUSERSITE": "1",
        "TMPDIR": str(place.state / "tmp"),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(place.port),
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        # Listeners that nobody here uses and that would bind every interface.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        **{f"MINISTACK_LAMBDA_PROXY_{name}": f"{place.lambda_url}/" for name in functions.names()},
    }


def program() -> dict[str, str]:
    """For a program of this repository that runs beside the embedded AWS."""
    return {**_kept(), **_NO_AWS_FILES, "PYTHONUNBUFFERED": "1"}


def local_deploy(place: Place) -> dict[str, str]:
    """For the Serverless CLI against the embedded AWS of `place`."""
    return {
        **_with_node_modules(_kept()),
        **_NO_AWS_FILES,
        **ROOT_CREDENTIALS,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": place.aws_url,
        "SLS_AWS_MONITORING_FREQUENCY": "100",
        "CI": "true",
        "NODE_NO_WARNINGS": "1",
    }


def aws_deploy() -> dict[str, str]:
    """For the Serverless CLI against AWS: the caller's own environment, never an emulator's endpoint."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_ENDPOINT_URL")}
    return {"NODE_NO_WARNINGS": "1", **_with_node_modules(mine)}


def tools() -> dict[str, str]:
    """For pip, npm and the layer's build: the caller's own environment, which may name a registry."""
    return {name: value for name, value in os.environ.items() if name not in _OF_A_VIRTUAL_ENVIRONMENT}


def _kept() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def _with_node_modules(variables: dict[str, str]) -> dict[str, str]:
    binaries = str(NODE_MODULES / ".bin")
    return {**variables, "PATH": os.pathsep.join([binaries, variables.get("PATH", os.defpath)])}
