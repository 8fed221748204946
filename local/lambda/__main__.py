"""`python -m local.lambda --port <http> --aws <url> --xray <udp> ...`: runs until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import boto3
import uvloop
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from . import log, tracing, wire
from .ages import Ages
from .deployed import Deployed
from .metrics import Metrics
from .pool import Limits, Pool
from .service import Service
from .telling import Teller
from .workplace import Surroundings, Workplace

_DRAIN_SECONDS = 15.0
_REAP_SECONDS = 5.0
_TIDY_SECONDS = 60.0

logger = logging.getLogger("local.lambda")


def main() -> int:
    """0 after SIGTERM, 1 where it could not start."""
    options = _options()
    options.python, options.state = options.python.absolute(), options.state.absolute()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s lambda %(levelname)s %(message)s")
    try:
        uvloop.run(_serve(options))
    except OSError as error:
        print(f"lambda: cannot listen on 127.0.0.1:{options.port}: {error}; choose another --port", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.lambda", description="Lambda on 127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="of the HTTP interface")
    parser.add_argument("--aws", required=True, help="URL of the embedded AWS")
    parser.add_argument("--xray", type=int, required=True, help="UDP port of the X-Ray daemon")
    parser.add_argument("--state", type=Path, required=True, help="folder for unpacked code and the workers' files")
    parser.add_argument("--python", type=Path, required=True, help="the workers' interpreter")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--concurrency", type=int, default=Limits.concurrency, help="of all functions together")
    parser.add_argument("--idle-seconds", type=float, default=Limits.idle_seconds, help="until a worker is ended")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    shutil.rmtree(options.state / "scratch", ignore_errors=True)
    clients = _clients(options)
    deployed = Deployed(clients, options.state / "unpacked")
    writer, metrics = log.Writer(clients("logs")), Metrics(clients("cloudwatch"))
    teller = Teller(writer, metrics, tracing.Sender(options.xray))
    workplace = Workplace(
        deployed, teller, Surroundings(options.python, options.state, options.aws, options.xray, options.region)
    )
    pool = Pool(workplace.worker, Limits(options.concurrency, options.idle_seconds))
    service = Service(deployed, pool, teller.sender)
    server = await wire.listen(service.answer, options.port)
    logger.info("listening on http://127.0.0.1:%d", options.port)
    ages = Ages(options.aws, clients("cloudwatch"))
    background = [
        asyncio.create_task(work) for work in (writer.run(), metrics.run(), ages.run(), _reap(pool), _tidy(deployed))
    ]
    await _terminated()
    server.close()
    await service.drain(_DRAIN_SECONDS)
    for task in background:
        task.cancel()
    await pool.close()
    await writer.flush()
    await metrics.flush()


def _clients(options: argparse.Namespace) -> Any:
    session = boto3.Session(region_name=options.region, aws_access_key_id="test", aws_secret_access_key="test")
    config = Config(retries={"total_max_attempts": 3}, proxies={}, connect_timeout=5, read_timeout=30)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=options.aws, config=config)

    return client


async def _reap(pool: Pool) -> None:
    while True:
        await asyncio.sleep(_REAP_SECONDS)
        pool.reap()


async def _tidy(deployed: Deployed) -> None:
    while True:
        await asyncio.sleep(_TIDY_SECONDS)
        try:
            if removed := await deployed.forget_replaced():
                logger.info("%d unpacked archives removed that are no longer deployed", removed)
        except (ClientError, BotoCoreError, OSError) as error:
            logger.warning("nothing unpacked was removed: %s", error)


async def _terminated() -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()


if __name__ == "__main__":
    sys.exit(main())
