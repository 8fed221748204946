"""The first thing that runs on a fresh machine: `python3 -m local.stage.bootstrap [COMMAND ...]`.

Checks and installs what the command needs, then hands over to `python -m local.stage COMMAND ...` in `.venv`.
This file alone must be readable by any Python 3, so that an old one gets a sentence and no traceback.
"""

import os
import sys

OLDEST = (3, 11)


def main(arguments: "list[str]") -> int:
    if sys.version_info[:2] < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        wanted = ".".join(str(part) for part in OLDEST)
        sys.stderr.write(
            f"Python {wanted} or newer is needed, {sys.executable} is Python {found}: install it, "
            "or name another: make up PYTHON=python3.12\n"
        )
        return 1
    from local.stage.install import prepare

    python = prepare(arguments)
    if python is None:
        return 1
    if arguments == ["install"]:
        return 0
    sys.stdout.flush()
    os.execv(python, [python, "-m", "local.stage"] + list(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
