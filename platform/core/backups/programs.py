"""PostgreSQL's own pg_dump and pg_restore, of the server's major version; the password is in their environment."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from core.backups import BackupError
from core.backups.databases import Address, Connection
from core.localservices import ServiceError, binaries

PLACES = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin", "/opt/homebrew/opt/postgresql@{major}/bin")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


def find(name: str, connection: Connection) -> Path:
    """The program of the server's own major version: another one may write or read what the server does not know.

    :raises BackupError: naming the package to install.
    """
    major = connection.info.server_version // 10000
    others = []
    for path in _candidates(name, major):
        version = _major_of(path)
        if version == major:
            return path
        if version:
            others.append(f"{path} is {version}")
    seen = f" ({'; '.join(others)})" if others else ""
    raise BackupError(
        f"The server is PostgreSQL {major} and no {name} of that version is here{seen}: "
        f"install it (Debian: postgresql-client-{major}) or put it first into PATH."
    )


def run(program: Path, where: Address, *arguments: str | Path) -> str:
    """Run it against this database; returns what it printed. What it writes is readable by its owner alone.

    :raises BackupError: with its first error, without the rows that it may quote.
    """
    done = subprocess.run(
        [program, "--no-password", *arguments],
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **where.environment()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        umask=0o077,
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error:" in line] or [f"code {done.returncode}"]
        raise BackupError(f"{program.name} failed for {where.name}: {lines[0].partition('error: ')[2] or lines[0]}")
    return done.stdout


def _candidates(name: str, major: int) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)
    for place in PLACES:
        path = Path(place.format(major=major)) / name
        if path.is_file():
            yield path
    try:
        yield binaries.postgres().program(name)
    except ServiceError:
        return


def _major_of(path: Path) -> int:
    """0 when it does not run (Debian's wrapper without a server package)."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = VERSION.search(done.stdout)
    return int(found[1]) if found else 0
