"""`python -m local.stage COMMAND`: start, deploy, look at and stop the stage that PORT names."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.stage import aws, deploy, endpoints, logs, place, running, users, watching
from local.stage.locks import only_one
from local.stage.place import Place
from local.stage.problem import Problem
from local.stage.progress import step


def up(stage: Place) -> None:
    """Start, deploy, create the demo users, write endpoints.json and tell the URLs."""
    stage.make()
    with only_one(_lock(stage), "command on this stage") as lock:
        with step(f"Starting the embedded AWS (port {stage.port}), X-Ray, Lambda and the console"):
            running.start(stage)
        deploy.deploy_local(stage, lock)
        with step("Demo users"):
            _demo_users(stage)
        tell(endpoints.write(stage, deploy.services()))


def down(stage: Place) -> None:
    """Stop the programs; the state stays."""
    with only_one(_lock(stage), "command on this stage"), step("Stopping"):
        stopped = running.stop(stage)
    print(f"Stopped: {', '.join(stopped)}. The state is kept." if stopped else "Nothing was running.")


def reset(stage: Place) -> None:
    """Stop the programs and forget the state."""
    if not stage.state.exists():
        print("There is no state to forget.")
        return
    with only_one(_lock(stage), "command on this stage"), step(f"Stopping and forgetting {stage.state}"):
        running.stop(stage)
        for entry in stage.state.iterdir():
            if entry == _lock(stage):
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def status(stage: Place) -> None:
    """Print programs, ports, stacks and URLs."""
    print(f"state    {stage.state}")
    for program, port in zip(running.programs(stage), running.ports(stage), strict=True):
        pid = program.pid
        print(f"{program.name:8} {f'up, process {pid}, port {port}' if pid else 'down'}   log {program.log}")
    if running.emulator(stage).pid is None:
        return
    statuses = aws.stack_statuses(stage)
    for stack in deploy.stacks():
        print(f"stack    {stack:17} {statuses.get(stack, 'missing')}")
    tell(endpoints.endpoints(stage, deploy.services()))


def show_logs(stage: Place, service: str, lines: int, follows: bool) -> None:
    _known(service)
    if follows:
        logs.follow(stage, service, lines)
    for event in logs.newest(stage, service, lines):
        print(logs.line(event))


def deploy_one(stage: Place, service: str | None) -> None:
    """Deploy one service, or all that has changed, to a stage that is up."""
    if service is not None:
        _known(service)
    with only_one(_lock(stage), "command on this stage") as lock:
        deploy.deploy_local(stage, lock, service)
        tell(endpoints.write(stage, deploy.services()))


def tell(urls: dict[str, Any]) -> None:
    print(f"AWS      {urls['aws']}")
    print(f"X-Ray    {urls['xray']}")
    print(f"Console  {urls['console']}")
    for service, url in urls["services"].items():
        print(f"{service:17} {url}")


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    try:
        if options.command == "remove" or (options.command == "deploy" and options.stage is not None):
            return deploy.osls_on_aws(options.stage, options.command, options.service)
        return _run(options, Place.at(options.port, options.state))
    except Problem as problem:
        print(problem, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"The embedded AWS refused: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace, stage: Place) -> int:
    if options.command == "layer":
        for target in deploy.LAYER_TARGETS:
            deploy.build_layer(target)
    elif options.command in ("up", "down", "reset", "status"):
        {"up": up, "down": down, "reset": reset, "status": status}[options.command](stage)
    else:
        _needs_to_be_up(stage)
        _on_a_running_stage(options, stage)
    return 0


def _on_a_running_stage(options: argparse.Namespace, stage: Place) -> None:
    if options.command == "token":
        print(users.token(stage, options.user))
    elif options.command == "demo-users":
        _demo_users(stage)
    elif options.command == "watch":
        watching.watch(stage)
    elif options.command == "logs":
        show_logs(stage, options.service, options.lines, options.follow)
    else:
        deploy_one(stage, options.service)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.stage", description=__doc__)
    parser.add_argument("--port", default=place.requested(), help="chooses all ports and the state folder")
    parser.add_argument("--state", type=Path, help="another state folder")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status", "reset", "demo-users", "layer", "watch"):
        commands.add_parser(name)
    for name in ("deploy", "remove"):
        command = commands.add_parser(name)
        command.add_argument("--stage")
        command.add_argument("--service")
    commands.add_parser("token").add_argument("--user", default="agent@example.com")
    command = commands.add_parser("logs")
    command.add_argument("--service", required=True)
    command.add_argument("--lines", type=int, default=100)
    command.add_argument("--follow", action="store_true")
    return parser.parse_args(arguments)


def _needs_to_be_up(stage: Place) -> None:
    if running.emulator(stage).pid is None:
        other = "" if stage.port == place.DEFAULT_PORT else f" PORT={stage.port}"
        raise Problem(f"The stage is not up: make up{other}")


def _known(service: str) -> None:
    if service not in deploy.services():
        raise Problem(f"There is no service {service!r}: SERVICE is one of {', '.join(deploy.services())}")


def _demo_users(stage: Place) -> None:
    pool = users.the_only(stage, "AWS::Cognito::UserPool")
    users.create_demo_users(aws.client(stage, "cognito-idp"), pool)


def _lock(stage: Place) -> Path:
    return stage.state / "lock"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
