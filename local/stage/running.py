"""The four programs of a stage: the embedded AWS, Lambda and X-Ray beside it, and the operator's console."""

from __future__ import annotations

import contextlib
import shutil
import urllib.error
import urllib.request

from local.stage import environment, streams
from local.stage.daemon import Daemon
from local.stage.place import EMULATOR_PYTHON, HOST, LAMBDA_PYTHON, PYTHON, ROOT, STAGE, Place, tcp_is_free, udp_is_free
from local.stage.problem import Problem

_START_SECONDS = 60.0


def emulator(place: Place) -> Daemon:
    """The embedded AWS. It saves its state when it is asked to end, and only then.

    Its application is served by uvicorn, at half the time a request that its own command takes
    (docs/decisions/0024-the-emulator-under-uvicorn.md).
    """
    command = [str(EMULATOR_PYTHON), "-m", "uvicorn", "ministack.app:app", "--host", HOST, "--port", str(place.port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--ws", "none", "--lifespan", "on", "--no-access-log"]
    command += ["--no-server-header", "--no-date-header", "--no-proxy-headers", "--timeout-keep-alive", "75"]
    command += ["--timeout-graceful-shutdown", "10"]
    return Daemon("emulator", command, environment.emulator(place), place.state, place.state)


def xray(place: Place) -> Daemon:
    """The X-Ray daemon (UDP) and API (HTTP)."""
    command = [str(PYTHON), "-m", "local.xray", "--port", str(place.xray_port)]
    command += ["--udp", str(place.daemon_port), "--db", str(place.state / "xray.sqlite")]
    return Daemon("xray", command, environment.program(), ROOT, place.state)


def functions(place: Place) -> Daemon:
    """Lambda: runs what the embedded AWS has deployed."""
    command = [str(PYTHON), "-m", "local.lambda", "--port", str(place.lambda_port), "--aws", place.aws_url]
    command += ["--xray", str(place.daemon_port), "--state", str(place.state / "lambda")]
    command += ["--python", str(LAMBDA_PYTHON), "--region", environment.REGION]
    return Daemon("lambda", command, environment.program(), ROOT, place.state)


def console(place: Place) -> Daemon:
    """The operator's page. It asks the others only when somebody looks at it."""
    command = [str(PYTHON), "-m", "operations.console", "--stage", STAGE, "--port", str(place.console_port)]
    command += ["--endpoints", str(place.endpoints_file)]
    return Daemon("console", command, environment.program(), ROOT, place.state)


def programs(place: Place) -> list[Daemon]:
    """In the order in which they are stopped: functions finish what they do, and their last words are kept."""
    return [console(place), functions(place), emulator(place), xray(place)]


def ports(place: Place) -> list[int]:
    """The port of each of the programs."""
    return [place.console_port, place.lambda_port, place.port, place.xray_port]


def check_ports(place: Place) -> None:
    """Raises Problem if a port that the stage needs belongs to another program."""
    wanted = []
    if emulator(place).pid is None:
        wanted.append((place.port, tcp_is_free(place.port), "TCP"))
    if functions(place).pid is None:
        wanted.append((place.lambda_port, tcp_is_free(place.lambda_port), "TCP"))
    if xray(place).pid is None:
        wanted.append((place.xray_port, tcp_is_free(place.xray_port), "TCP"))
        wanted.append((place.daemon_port, udp_is_free(place.daemon_port), "UDP"))
    if console(place).pid is None:
        wanted.append((place.console_port, tcp_is_free(place.console_port), "TCP"))
    for port, free, protocol in wanted:
        if not free:
            raise Problem(
                f"{protocol} port {port} is taken by another program: stop that, "
                f"or choose other ports for this stage: make up PORT={_another(place.port)}"
            )


def start(place: Place) -> bool:
    """Start what does not run and wait until all of it answers. Returns whether the embedded AWS was started.

    Raises Problem if a port is taken, or if a program does not come up.
    """
    check_ports(place)
    place.make()
    aws, traces, workers, page = emulator(place), xray(place), functions(place), console(place)
    fresh = aws.pid is None
    if fresh:
        workers.stop()  # what it knows is of the embedded AWS before
        shutil.rmtree(place.state / "tmp", ignore_errors=True)
        (place.state / "tmp").mkdir()
        streams.forget_positions(place)
        aws.start()
    if traces.pid is None:
        traces.start()
    if workers.pid is None:
        workers.start()
    if page.pid is None:
        page.start()
    aws.wait_until(lambda: answers(f"{place.aws_url}/_ministack/ready"), _START_SECONDS)
    traces.wait_until(lambda: answers(f"{place.xray_url}/health"), _START_SECONDS)
    workers.wait_until(lambda: answers(f"{place.lambda_url}/health"), _START_SECONDS)
    page.wait_until(lambda: answers(f"{place.console_url}/health"), _START_SECONDS)
    return fresh


def stop(place: Place) -> list[str]:
    """Stop what runs, X-Ray last, and wait until its state is saved. Returns the names of what was stopped."""
    return [program.name for program in programs(place) if program.stop()]


def tell_of_deploy(place: Place) -> None:
    """Let the next invocation ask what is deployed. Nothing happens where Lambda does not run: it will ask."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError):
        opener.open(urllib.request.Request(f"{place.lambda_url}/changed", method="POST"), timeout=5).close()


def answers(url: str) -> bool:
    """Whether `url` answers 200."""
    # Loopback is never reached through the proxy that the environment may name.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _another(port: int) -> int:
    return port + 1000 if port + 1000 < 32768 else 5566
