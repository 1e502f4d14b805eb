"""`make check`: everything that can be checked without running the tests, two checks at a time, each with its seconds.

    python .ci/check.py [NAME...]     only the checks named

Exit code 1 when one of them failed; its output is shown. A check that cannot run here is counted as skipped.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from core.localservices import ServiceError
from core.localservices.service import ensure
from core.localservices.suite import environment

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
BASELINE = ".secrets.baseline"
SHOWN = 60  # lines of a failed check's output
# Not `npm ci`: it refuses the lock file where a registry lacks the packages of another platform.
NPM_INSTALL = ["npm", "--prefix", "assets", "install", "--no-save", "--silent", "--fetch-retries=0"]


@dataclass(frozen=True)
class Check:
    """A command that exits with 0 when all is well; `env` is added to the environment."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    check: Check
    passed: bool
    seconds: float
    output: str


def checks(scratch: Path) -> list[Check]:
    """All checks, the slowest first."""
    files = _tracked_files()
    found = [
        Check("mypy", ["mypy", "."]),
        Check("deploy", [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], _production(scratch)),
        Check("migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
        Check("secrets", ["detect-secrets-hook", "--no-verify", "--baseline", BASELINE, *files]),
        Check("bandit", ["bandit", "-q", "-ll", "-c", "pyproject.toml", *(f for f in files if f.endswith(".py"))]),
        Check("imports", ["lint-imports", "--no-cache"]),
        Check("templates", [PYTHON, "manage.py", "lint_templates"]),
        Check("ruff", ["ruff", "check", "--output-format=concise", "."]),
        Check("format", ["ruff", "format", "--check", "."]),
    ]
    if _npm_ready():
        found.insert(1, Check("assets", ["npm", "--prefix", "assets", "run", "--silent", "check"]))
    if shutil.which("promtool"):
        found.insert(1, Check("alerts", ["promtool", "test", "rules", "deploy/alerts_test.yml"]))
        found.append(Check("rules", ["promtool", "check", "rules", "deploy/alerts.yml"]))
    else:
        _skip("alerts", "promtool is not installed (Debian package prometheus)")
    return found


def _npm_ready() -> bool:
    """Whether the assets can be rebuilt here: npm exists and what it needs is there or could be installed."""
    if not shutil.which("npm"):
        return _skip("assets", "npm is not installed")
    if (ROOT / "assets" / "node_modules" / ".package-lock.json").is_file():
        return True
    try:
        done = subprocess.run(
            NPM_INSTALL, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=90, check=False
        )
    except subprocess.TimeoutExpired:
        return _skip("assets", "npm's registry did not answer")
    return done.returncode == 0 or _skip("assets", "npm could not install assets/package.json")


def _skip(name: str, reason: str) -> bool:
    print(f"skipped {name:<12} {reason}", flush=True)
    return False


def run(check: Check, env: dict[str, str]) -> Outcome:
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=env | check.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(check, done.returncode == 0, time.monotonic() - started, done.stdout)


def show(outcome: Outcome) -> None:
    print(f"{'ok     ' if outcome.passed else 'FAILED '} {outcome.check.name:<12} {outcome.seconds:6.1f} s", flush=True)
    if not outcome.passed:
        lines = outcome.output.strip().splitlines()
        print("\n".join(f"    {line}" for line in lines[-SHOWN:]), flush=True)


def _production(scratch: Path) -> dict[str, str]:
    """Settings as on a server; the databases are those of the tests, since some checks look at them."""
    kek = scratch / "kek.key"
    kek.write_text(secrets.token_hex(32), encoding="ascii")
    kek.chmod(0o600)
    return {
        "CANDOR_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "KEK_FILE": str(kek),
        "BASE_DOMAIN": "candor.example",
        "EMAIL_URL": "smtp://127.0.0.1:25",
        "FORWARDED_ALLOW_IPS": "127.0.0.1",
        "DEFAULT_FROM_EMAIL": "interviews@candor.example",
    }


def _tracked_files() -> list[str]:
    """The project's own files: what git would commit, or everything but .venv and var in a copy without git."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listing.stdout.split("\0") if listing.returncode == 0 else map(str, _walk())
    return [name for name in names if name and (ROOT / name).is_file()]


def _walk() -> list[Path]:
    skipped = {".venv", "var", "node_modules", ".git", "__pycache__"}
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
    return [path for path in paths if not skipped.intersection(path.parts)]


def main(names: list[str]) -> int:
    var = ROOT / "var" / "test"
    os.environ["CANDOR_ENV"] = "test"
    try:
        env = environment(var) | ensure(var)
    except ServiceError as error:
        print(f"Candor: {error}", file=sys.stderr)
        return 1
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(max_workers=2) as pool:
        chosen = [check for check in checks(Path(scratch)) if not names or check.name in names]
        outcomes = []
        for future in as_completed([pool.submit(run, check, env) for check in chosen]):
            outcomes.append(future.result())
            show(outcomes[-1])
    failed = [outcome.check.name for outcome in outcomes if not outcome.passed]
    verdict = f"failed: {', '.join(sorted(failed))}" if failed else "all passed"
    print(f"{len(outcomes)} checks in {time.monotonic() - started:.1f} s: {verdict}")
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
