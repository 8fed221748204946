"""The four stacks, deployed with the real CLI: to the embedded AWS, or to AWS itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stage import aws, environment, running
from local.stage.install import digest
from local.stage.locks import only_one
from local.stage.place import BUILD, LAMBDA_PYTHON, NODE_MODULES, PYTHON, ROOT, Place
from local.stage.problem import Problem
from local.stage.progress import step, tail

LAYER_TARGETS = ("host", "aws")
OVERWRITTEN = "overwritten"
_SETTINGS = ("serverless-compose.yml", "package.json", "package-lock.json")
_NOT_DEPLOYED = shutil.ignore_patterns("tests", "__pycache__", ".serverless", ".hypothesis", "*.pyc")
_CANNOT_BE_UPDATED = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "_FAILED")


def services() -> list[str]:
    """The services that have a stack, by the names of their folders."""
    return sorted(found.parent.name for found in (ROOT / "services").glob("*/serverless.yml"))


def stacks() -> list[str]:
    return ["shared", *services()]


def build_layer(target: str) -> None:
    """Build the layers for the emulator ("host") or for Lambda ("aws"); the build skips what is unchanged.

    Raises Problem if the build fails.
    """
    BUILD.mkdir(exist_ok=True)
    log = BUILD / f"layer-{target}.log"
    with step(f"Building the layers ({target})"):
        command = [str(PYTHON), str(ROOT / "shared" / "layer" / "build.py"), "--target", target]
        _run(command, ROOT, environment.tools(), log)
    told = [line for line in log.read_text().splitlines() if line.startswith("layer-")]
    print(*told, sep="\n", file=sys.stderr)


def deploy_local(place: Place, lock: int, service: str | None = None) -> None:
    """Deploy to the embedded AWS what has changed; if a service is named, that one, and what it stands on.

    `lock` is the descriptor of the stage's lock: the CLI keeps it, so that a killed launcher leaves no second deploy.
    Raises Problem if the CLI fails.
    """
    build_layer("host")
    marks = {stack: fingerprint(stack) for stack in stacks()}
    changed = stale(place, marks)
    wanted = changed if service is None else [*(stack for stack in changed if stack == "shared"), service]
    if not wanted:
        return
    _remove_broken(place)
    _copy_source(place.source)
    ssm = aws.client(place, "ssm")
    # What the CLI has deployed itself it compares itself, and leaves as it is; here something else runs by now.
    forced = ["--force"] if OVERWRITTEN in _deployed(place).values() else []
    for these, folder in _runs(wanted, side_by_side=not forced):
        with step(f"Deploying {', '.join(these)}"):
            variables = environment.local_deploy(place)
            log = place.state / "deploy.log"
            _run(["osls", "deploy", "--stage", aws.STAGE, *forced], place.source / folder, variables, log, (lock,))
        for stack in these:
            ssm.put_parameter(Name=_mark_name(stack), Value=marks[stack], Type="String", Overwrite=True)
        running.tell_of_deploy(place)


def stale(place: Place, marks: Mapping[str, str]) -> list[str]:
    """The stacks whose fingerprints are not those that are deployed."""
    deployed = _deployed(place)
    return [stack for stack, mark in marks.items() if mark != deployed.get(stack)]


def overwritten(place: Place, these: list[str]) -> None:
    """Note that something else runs in these stacks than was deployed: the next deploy replaces it."""
    ssm = aws.client(place, "ssm")
    for stack in these:
        ssm.put_parameter(Name=_mark_name(stack), Value=OVERWRITTEN, Type="String", Overwrite=True)


def _runs(wanted: list[str], *, side_by_side: bool) -> list[tuple[list[str], str]]:
    """The runs of the CLI that deploy `wanted`: which stacks, and in which folder it runs.

    Compose deploys all of them side by side, but each takes longer than it would alone, and it cannot be forced to.
    """
    if len(wanted) > 2 and side_by_side:
        return [(stacks(), ".")]
    return [([stack], stack if stack == "shared" else f"services/{stack}") for stack in wanted]


def osls_on_aws(stage: str | None, command: str, service: str | None) -> int:
    """Run the CLI's `command` on the stacks of `stage` in the caller's AWS account. Returns its exit code.

    Raises Problem if no stage is named, or the local one.
    """
    if not stage:
        raise Problem(f"Which stage? make {command} STAGE=dev")
    if stage == aws.STAGE:
        raise Problem("The stage local is the embedded one: make up deploys it, make reset removes it")
    if command == "deploy":
        build_layer("aws")
    arguments = ["osls", f"{service}:{command}" if service else command, "--stage", stage]
    return subprocess.run(arguments, cwd=ROOT, env=environment.aws_deploy(), check=False).returncode


def fingerprint(stack: str) -> str:
    """What a stack is deployed from, as a digest: its folder, what every stack is given, the CLI's version."""
    folders = [ROOT / "shared"] if stack == "shared" else [ROOT / "shared", ROOT / "services" / stack]
    return digest([*_files(*folders), *(ROOT / name for name in _SETTINGS)], sys.version)


def _deployed(place: Place) -> dict[str, str]:
    """The fingerprints of the stacks that stand. Kept by the embedded AWS itself, so that they are lost with it."""
    standing = {name for name, status in aws.stack_statuses(place).items() if status.endswith("E_COMPLETE")}
    names = [_mark_name(stack) for stack in stacks() if stack in standing]
    if not names:
        return {}
    found = aws.client(place, "ssm").get_parameters(Names=names)["Parameters"]
    return {parameter["Name"].rpartition("/")[2]: parameter["Value"] for parameter in found}


def _mark_name(stack: str) -> str:
    return f"/backoffice/{aws.STAGE}/deployed/{stack}"


def _remove_broken(place: Place) -> None:
    cloudformation = aws.client(place, "cloudformation")
    for stack, status in aws.stack_statuses(place).items():
        if status.endswith(_CANNOT_BE_UPDATED) and not status.startswith("UPDATE_ROLLBACK_COMPLETE"):
            name = f"{aws.STAGE}-{stack}"
            cloudformation.delete_stack(StackName=name)
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def _copy_source(target: Path) -> None:
    """Make `target` what the CLI deploys from: the stacks, the layer, and the CLI's own modules."""
    shutil.rmtree(target, ignore_errors=True)
    for name in ("shared", "services"):
        shutil.copytree(ROOT / name, target / name, ignore=_NOT_DEPLOYED)
    compile_for_workers(target / "services")
    for name in _SETTINGS:
        shutil.copy2(ROOT / name, target / name)
    # The lock of shared/layer/build.py: another stage's launcher may be building the layer anew.
    with only_one(BUILD / "layer-host.lock", "build of the layer"):
        for layer in BUILD.glob("layer*-host"):
            shutil.copytree(layer, target / BUILD.name / layer.name)
    (target / NODE_MODULES.name).symlink_to(NODE_MODULES)


def compile_for_workers(folder: Path) -> None:
    """Put bytecode beside the Python sources in `folder`, for the interpreter that workers run on.

    A worker unpacks its code anew and could not keep what it compiles; "unchecked", since unpacking changes dates.
    """
    command = [str(LAMBDA_PYTHON), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, env=environment.tools(), check=True)


def _run(
    command: Sequence[str], directory: Path, variables: dict[str, str], log: Path, descriptors: tuple[int, ...] = ()
) -> None:
    with log.open("wb") as output:
        code = subprocess.run(
            command,
            cwd=directory,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=descriptors,
            check=False,
        ).returncode
    if code != 0:
        tail(log, 60)
        raise Problem(f"{Path(command[0]).name} failed (exit {code}): see above and {log}")


def _files(*folders: Path) -> list[Path]:
    """The files under `folders` that a deploy depends on, in a fixed order."""
    found: list[Path] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder).parts
            if path.is_file() and not _NOT_DEPLOYED("", list(inside)):
                found.append(path)
    return found
