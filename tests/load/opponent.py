"""A throw-away environment with litellm, made once below var/ and never a dependency."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.stack import ROOT

VERSION = "1.91.1"
PACKAGES = (f"litellm=={VERSION}", "redis")
PLACE = ROOT / "var" / f"litellm-{VERSION}"
READY = PLACE / "ready"
SECONDS = 600


def python() -> Path | None:
    """Its interpreter; None where it cannot be installed here."""
    if not READY.exists() and not _installed():
        return None
    return PLACE / "bin" / "python"


def environment(env: dict[str, str]) -> dict[str, str]:
    """What a process of it sees of the world: this project's modules by path, nobody's keys."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "TMPDIR": env.get("TMPDIR", "/tmp")}


def _installed() -> bool:
    shutil.rmtree(PLACE, ignore_errors=True)
    interpreter = str(PLACE / "bin" / "python")
    uv = shutil.which("uv")
    made = [uv, "venv", "-q", "-p", sys.executable, str(PLACE)] if uv else [sys.executable, "-m", "venv", str(PLACE)]
    pip = [uv, "pip", "install", "-q", "-p", interpreter] if uv else [interpreter, "-m", "pip", "install", "-q"]
    try:
        for command in (made, [*pip, *PACKAGES]):
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return False
    READY.touch()
    return True
