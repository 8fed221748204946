"""`python -m scaffold NAME [THING]`: write a new bounded context, and make it known to the house."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scaffold.registering import register
from scaffold.words import Unusable, Words

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).resolve().parent / "template"
_NO_SOURCE = ("__pycache__", ".serverless", ".ruff_cache")
_PREFIX = re.compile(r"""(?:new_id\(|Id\(|": )"([a-z]{3})"|\^([a-z]{3})_""")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make new-service")
    parser.add_argument("name", help="the context, in lower case: contracts, price-lists")
    parser.add_argument("thing", nargs="?", help="what it keeps, in the singular; guessed from a name in the plural")
    asked = parser.parse_args(arguments)
    try:
        words = Words.of(asked.name, asked.thing, set(taken_prefixes(ROOT)))
        written = write(ROOT, words)
    except Unusable as why:
        print(why, file=sys.stderr)
        return 1
    polish(ROOT, words, [*written, *register(ROOT, words)])
    print(_farewell(words))
    return 0


def taken_prefixes(root: Path) -> Iterator[str]:
    """The prefixes of ids that the services and their contracts speak of."""
    for folder in (root / "services", root / "shared"):
        for file in (*folder.rglob("*.py"), *folder.rglob("*.json")):
            for found in _PREFIX.finditer(file.read_text()):
                yield found[1] or found[2]


def write(root: Path, words: Words) -> list[Path]:
    """Write the template into the house at ``root``, in the new service's words; answers what was written.

    Raises:
        Unusable: something of that name is there already; nothing is written then.
    """
    texts = {
        root / words.replace(str(file.relative_to(TEMPLATE))): words.replace(file.read_text())
        for file in template_files()
    }
    for path in (root / "services" / words.service, *texts):
        if path.exists():
            raise Unusable(f"There is a {path.relative_to(root)} already.")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(texts)


def polish(root: Path, words: Words, written: list[Path]) -> None:
    """Bring lines and imports into order, whatever the length of the words, and write the API's document."""
    sources = [str(path) for path in written if path.suffix == ".py"]
    ruff = [sys.executable, "-m", "ruff"]
    for command in ([*ruff, "check", "--fix", "--quiet", *sources], [*ruff, "format", "--quiet", *sources]):
        subprocess.run(command, cwd=root, check=True)
    service = root / "services" / words.service
    path = os.pathsep.join([str(root / "shared" / "python"), str(service)])
    document = [sys.executable, "-m", "backoffice.http.openapi", str(service)]
    subprocess.run(document, cwd=root, env=os.environ | {"PYTHONPATH": path}, check=True)


def template_files() -> list[Path]:
    """The template's sources."""
    found = (path for path in sorted(TEMPLATE.rglob("*")) if path.is_file())
    return [path for path in found if not any(part in _NO_SOURCE for part in path.parts)]


def _farewell(words: Words) -> str:
    kept = f"{words.things.replace('-', ' ')} (ids {words.prefix}_...)"
    return f"""services/{words.service} keeps {kept} until it keeps what you need.
  cd services/{words.service} && ../../.venv/bin/nose2  # its tests
  make up                      # deploys it with the rest
  make lint system             # the house accepts it
Say in README.md's map and docs/architecture.md what it is for, then begin with {words.package}/domain."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
