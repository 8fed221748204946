"""What a worker is given: the deployed code, its role's credentials, and the environment that Lambda promises."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from . import log
from .deployed import Deployed, Function
from .telling import Teller
from .worker import Sandbox, Worker


@dataclass(frozen=True)
class Surroundings:
    """The workers' interpreter, the folder of their files, the embedded AWS's URL, the X-Ray daemon's UDP port."""

    python: Path
    state: Path
    aws: str
    xray: int
    region: str


class Workplace:
    """Makes workers: what a function's process gets, and nothing of the developer's machine."""

    def __init__(self, deployed: Deployed, teller: Teller, around: Surroundings) -> None:
        self._deployed, self._teller, self._around = deployed, teller, around

    async def worker(self, function: Function) -> Worker:
        """A worker of the function, ready for its first event. Raises InitFailed."""
        (code, layers), credentials = await asyncio.gather(
            self._deployed.folders(function), self._deployed.credentials(function)
        )
        sandbox = Sandbox(
            python=self._around.python,
            code=code,
            variables=self._variables(function, code, layers),
            scratch=self._around.state / "scratch",
        )
        worker = Worker(function, sandbox, credentials, self._teller)
        self._teller.writer.write(worker, log.init_start())
        await worker.start()
        return worker

    def _variables(self, function: Function, code: Path, layers: list[Path]) -> dict[str, str]:
        """The names that Lambda defines, and the function's own variables.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        """
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        paths = [code, *(layer / "python" for layer in layers)]
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONNOUSERSITE": "1",
            "PYTHONUTF8": "1",
            "NO_PROXY": "127.0.0.1",
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": function.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_REGION": self._around.region,
            "AWS_DEFAULT_REGION": self._around.region,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{self._around.xray}",
            "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
            "_AWS_XRAY_DAEMON_PORT": str(self._around.xray),
            # On AWS nobody needs these: there is one endpoint, and no file of a developer's to be misled by.
            "AWS_ENDPOINT_URL": self._around.aws,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **dict(function.variables),
        }
