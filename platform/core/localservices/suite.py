"""`make test` and `make prove`: pytest beside `make run`, with services, data and ports of its own.

    python -m core.localservices.suite [PYTEST ARGUMENT...]

Nothing of the person's own set-up gets in: no .env, no database of theirs, no provider key.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import FrameType

from core.localservices.errors import ServiceError
from core.localservices.leader import leading
from core.localservices.processes import end_all, known
from core.localservices.service import ensure
from core.localservices.urls import NAMES

FOREIGN = (
    *NAMES,
    "SENTRY_DSN",
    "EMAIL_URL",
    "BASE_DOMAIN",
    "PORT",
    "INTERNAL_PORT",
    "HOST",
    "KEK_FILE",
    "SECRET_KEY",
    "FORWARDED_ALLOW_IPS",
)
FOREIGN_PREFIXES = ("OPENAI_", "LLM_", "STRIPE_")


def environment(var: Path) -> dict[str, str]:
    """This process's environment without what belongs to another set-up, told that it tests in `var`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.startswith(FOREIGN_PREFIXES)
    }
    return kept | {"CANDOR_ENV": "test", "CANDOR_VAR": str(var)}


def run(root: Path, arguments: list[str]) -> int:
    """Run pytest to its end; 1 when it passed but ran no test at all.

    :raises ServiceError: if the services cannot run here, or a run is under way.
    """
    var = root / "var" / "test"
    report = var / "run" / "report.xml"
    os.environ["CANDOR_ENV"] = "test"
    with leading(var, "a test run") as remember:
        env = environment(var) | ensure(var)
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
        pytest = subprocess.Popen(command, cwd=root, env=env)
        started = known([pytest.pid])
        try:
            remember(started)
            code = _wait(pytest)
        finally:
            end_all(started)
    if code == 0 and count(report) == 0:
        print("No test ran.", file=sys.stderr)
        return 1
    return code


def count(report: Path) -> int:
    """How many tests ran, without those that were skipped."""
    if not report.is_file():
        return 0
    # pytest just wrote this file: nothing foreign is in it.
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # nosec B314
    return sum(int(suite.get("tests", 0)) - int(suite.get("skipped", 0)) for suite in suites)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for pytest; Ctrl-C reaches it by itself and it ends with its own summary."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    signal.signal(signal.SIGTERM, _exit)
    try:
        return run(Path.cwd(), sys.argv[1:])
    except ServiceError as error:
        print(f"Candor: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
