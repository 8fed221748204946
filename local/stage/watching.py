"""Hot reload: a saved file of a service or of the layer runs at the next invocation, without a deploy.

A service's archive goes to its functions by UpdateFunctionCode. The layer's own package goes into a small layer of its
own that lies over the deployed one, since the libraries beside it have not changed. The next deploy replaces both, even
if all files are by then as they were when they were deployed.
"""

from __future__ import annotations

import io
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from local.stage import aws, deploy, functions, running
from local.stage.place import ROOT, Place

OVERLAY = f"{aws.STAGE}-backoffice-watched"
POLL_SECONDS = 0.1
_LAYER = "shared"
_PACKAGE = ROOT / "shared" / "python"
_CONTRACTS = ROOT / "shared" / "contracts"
_OF_A_SERVICE = ("openapi.yml", "consumes.yml")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal files give equal archives

Seen = dict[Path, tuple[int, int]]


def watch(place: Place, ended: Callable[[], bool] = lambda: False) -> None:
    """Watch until `ended()` or interrupted; begin with what has changed since the last deploy."""
    pusher = Pusher(place)
    seen = {part: _seen(part) for part in deploy.stacks()}
    for part in deploy.stale(place, {stack: deploy.fingerprint(stack) for stack in deploy.stacks()}):
        pusher.push(part)
    _say(f"Watching {', '.join(deploy.services())} and shared/python; Ctrl-C ends it")
    while not ended():
        time.sleep(POLL_SECONDS)
        for part, before in seen.items():
            now = _seen(part)
            if now != before:
                seen[part] = now
                pusher.push(part)


class Pusher:
    """Brings what stands in the source tree into the embedded AWS."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lambda = aws.client(place, "lambda")

    def push(self, part: str) -> bool:
        """Update the functions of a service, or of all (`shared`). Returns whether that was done: it says why not."""
        began = time.monotonic()
        files = _files(part)
        if wrong := syntax_error(path for path, _ in files):
            _say(f"{part}: {wrong}\n{part}: the old code stays")
            return False
        deploy.overwritten(self._place, deploy.stacks() if part == _LAYER else [part])
        names = self._push_layer(files) if part == _LAYER else self._push_code(part, files)
        running.tell_of_deploy(self._place)
        _say(f"{part}: {len(names)} functions updated in {time.monotonic() - began:.2f} s")
        return True

    def _push_code(self, service: str, files: list[tuple[Path, str]]) -> list[str]:
        archive = archived(files)
        names = functions.of(service)
        for name in names:
            self._lambda.update_function_code(FunctionName=name, ZipFile=archive)
        return names

    def _push_layer(self, files: list[tuple[Path, str]]) -> list[str]:
        content = archived([(path, f"python/{name}") for path, name in files])
        overlay = self._lambda.publish_layer_version(LayerName=OVERLAY, Content={"ZipFile": content})
        names = functions.names()
        for name in names:
            self._lambda.update_function_configuration(
                FunctionName=name, Layers=[*self._deployed_layers(name), overlay["LayerVersionArn"]]
            )
        for version in range(1, overlay["Version"]):
            self._lambda.delete_layer_version(LayerName=OVERLAY, VersionNumber=version)
        return names

    def _deployed_layers(self, function: str) -> list[str]:
        told: dict[str, Any] = self._lambda.get_function_configuration(FunctionName=function)
        return [layer["Arn"] for layer in told.get("Layers", []) if f":{OVERLAY}:" not in layer["Arn"]]


def archived(files: Iterable[tuple[Path, str]]) -> bytes:
    """A zip of files under the given names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, name in files:
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def syntax_error(files: Iterable[Path]) -> str | None:
    """`path:line: what is wrong` of the first file that Python cannot read; None if it can read all."""
    for path in files:
        if path.suffix != ".py":
            continue
        try:
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            return f"{path.relative_to(ROOT)}:{line}: {type(error).__name__}: {getattr(error, 'msg', error)}"
    return None


def _files(part: str) -> list[tuple[Path, str]]:
    """The files of a service's archive, as in shared/serverless/package.yml, or of the layer's own package."""
    folder = _PACKAGE if part == _LAYER else ROOT / "services" / part
    inside = "backoffice" if part == _LAYER else part.replace("-", "_")
    found = [path for path in sorted((folder / inside).rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    if part == _LAYER:
        return [(path, path.relative_to(folder).as_posix()) for path in found]
    found += [path for name in _OF_A_SERVICE if (path := folder / name).is_file()]
    shared = [_CONTRACTS / "envelope.v1.json", *sorted((_CONTRACTS / part).glob("*.json"))]
    return [(path, path.relative_to(ROOT if path in shared else folder).as_posix()) for path in (*found, *shared)]


def _seen(part: str) -> Seen:
    seen: Seen = {}
    for path, _ in _files(part):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # an editor that replaces the file
        seen[path] = status.st_mtime_ns, status.st_size
    return seen


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
