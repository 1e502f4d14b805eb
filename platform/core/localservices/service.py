"""Start, share and stop the embedded PostgreSQL and Valkey of one folder."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path

import psycopg

from core.localservices import binaries, roles, runner, server, state
from core.localservices.errors import ServiceError, disk_full, explain
from core.localservices.postgres import SUPERUSER, Postgres
from core.localservices.processes import Known
from core.localservices.valkey import Valkey

ROOM_MB = 300  # a new cluster, its log and the demo; below this PostgreSQL would stop in the middle of work
_registered: set[tuple[Path, int]] = set()  # folders this process lets go of at its exit
SECRETS = (SUPERUSER, roles.OWNER, roles.APP, "valkey")


def home(var: Path) -> Path:
    """The folder that holds everything of the embedded services."""
    return var.resolve() / "services"


def ensure(var: Path) -> dict[str, str]:
    """Start what does not run yet and count this process as a user until it exits.

    :returns: DATABASE_URL, DATABASE_OWNER_URL, KEYS_DATABASE_URL, KEYS_DATABASE_OWNER_URL and REDIS_URL.
    :raises ServiceError: if the services cannot run here; the message says what to do.
    """
    place = home(var)
    try:
        with state.opened(place) as notes:
            urls = _start_or_leave_nothing(place, notes)
            notes.add_user(Known.me())
    except psycopg.errors.DiskFull as error:
        raise disk_full(place) from error
    except OSError as error:
        raise explain(error, place) from error
    if (place, os.getpid()) not in _registered:
        _registered.add((place, os.getpid()))
        atexit.register(_release_at_exit, place, os.getpid())
    return urls


def release(var: Path) -> None:
    """This process no longer uses the services; the last user stops them."""
    _release(home(var))


def _start_or_leave_nothing(place: Path, notes: state.State) -> dict[str, str]:
    """Start both, or stop the one that did start when the other fails and nobody else uses it."""
    notes.prune()
    try:
        return _start(place, notes)
    except BaseException:
        if not notes.users:
            server.stop(_servers(place))
        raise


def _start(place: Path, notes: state.State) -> dict[str, str]:
    postgres, valkey = _servers(place)
    servers: tuple[server.Server, ...] = (postgres, valkey)
    running = {one.name: port for one in servers if (port := server.adopt(one)) is not None}
    missing = [one for one in servers if one.name not in running]
    if missing:
        _require_room(place)
    attempts = [(one, server.begin(one, notes.ports.get(one.name))) for one in missing]  # side by side
    notes.ports = running | {one.name: server.finish(one, attempt) for one, attempt in attempts}
    _prepare(postgres, notes.ports["postgres"])
    return _urls(postgres, valkey, notes.ports)


def _release(place: Path) -> None:
    if not place.is_dir():
        return
    with state.opened(place) as notes:
        notes.prune()
        others = [user for user in notes.users if user.pid != os.getpid()]
        if others == notes.users:
            return  # not a user, or no longer
        notes.users = others
        if not others:
            server.stop(_servers(place))


def _release_at_exit(place: Path, pid: int) -> None:
    if os.getpid() != pid:
        return  # a fork inherited the registration
    try:
        _release(place)
    except (ServiceError, OSError) as error:
        print(f"The embedded services were left as they are: {error}", flush=True)


def _servers(place: Path) -> tuple[Postgres, Valkey]:
    """Both servers of this folder, with everything they need to start."""
    passwords = _passwords(place)
    who = runner.choose(place)
    data = _data_place(place, who)
    postgres = runner.reachable(who, binaries.postgres(), data)
    valkey = runner.reachable(who, binaries.valkey(), data)
    relaxed = os.environ.get("CANDOR_ENV") == "test"
    return Postgres(data, who, postgres, passwords, relaxed=relaxed), Valkey(data, who, valkey, passwords["valkey"])


def _data_place(place: Path, who: runner.Runner) -> Path:
    """Where the servers' data is: `place`, but for a servers' user that cannot reach it a folder of its own."""
    if who.how != "drop":
        return place
    if not runner.can_enter(who, place.parent):
        digest = hashlib.sha256(str(place).encode()).hexdigest()[:12]
        place = Path("/var/lib") / f"candor-{digest}"
        place.mkdir(mode=0o700, exist_ok=True)
    os.chown(place, who.uid, who.gid)
    return place


def _passwords(place: Path) -> dict[str, str]:
    """The password of every role, made once.

    :raises ServiceError: if they are gone while the data they open is still there.
    """
    path = place / "passwords.json"
    if path.exists():
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return known
    if (place / "postgres").exists():
        raise ServiceError(f"{path} is missing: bring it back from a backup, or remove {place} to begin with no data.")
    made = {name: secrets.token_hex(24) for name in SECRETS}
    state.write_private(path, json.dumps(made))
    return made


def _prepare(postgres: Postgres, port: int) -> None:
    """Make roles, databases and rights; skipped while grants.sql is the one applied last."""
    marker = postgres.data / "candor.version"
    if marker.exists() and marker.read_text(encoding="ascii") == roles.version():
        return
    with postgres.connect(port) as connection:
        for role in (roles.OWNER, roles.APP):
            roles.create_role(connection, role, postgres.passwords[role])
        for database in (roles.DATABASE, roles.KEYS_DATABASE):
            roles.create_database(connection, database, roles.OWNER)
    for database in (roles.DATABASE, roles.KEYS_DATABASE):
        roles.prepare_database(postgres.url(port, roles.OWNER, database))
    state.write_private(marker, roles.version())


def _require_room(place: Path) -> None:
    free_mb = shutil.disk_usage(place).free / 1e6
    if free_mb < ROOM_MB:
        raise disk_full(place, free_mb)


def _urls(postgres: Postgres, valkey: Valkey, ports: dict[str, int]) -> dict[str, str]:
    port = ports["postgres"]
    return {
        "DATABASE_URL": postgres.url(port, roles.APP, roles.DATABASE),
        "DATABASE_OWNER_URL": postgres.url(port, roles.OWNER, roles.DATABASE),
        "KEYS_DATABASE_URL": postgres.url(port, roles.APP, roles.KEYS_DATABASE),
        "KEYS_DATABASE_OWNER_URL": postgres.url(port, roles.OWNER, roles.KEYS_DATABASE),
        "REDIS_URL": valkey.url(ports["valkey"]),
    }
