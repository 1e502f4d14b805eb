"""This machine: disk, secrets, mail."""

import shutil
import smtplib
import stat
from contextlib import suppress
from pathlib import Path

import psycopg
import redis
from django.conf import settings

from core.doctor import Finding, databases, fail, ok, services, warn

TIMEOUT = 3.0
WARN_FREE, FAIL_FREE = 5e9, 5e8  # bytes
WARN_PART = 0.1  # of the disk
SHORTEST_SECRET = 32


def disk() -> Finding:
    """Room where we write and where local servers keep their data."""
    tightest = min(_places(), key=lambda place: shutil.disk_usage(place).free)
    usage = shutil.disk_usage(tightest)
    what = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} free for {tightest}"
    if usage.free < FAIL_FREE:
        return fail(what, "Free some space now: PostgreSQL stops when the disk is full.")
    if usage.free < WARN_FREE or usage.free < WARN_PART * usage.total:
        return warn(what, "Free some space.")
    return ok(what)


def secrets() -> Finding:
    """The signing secret is long, and a file with one is private. The key-encryption key is asked about by keys."""
    if len(settings.SECRET_KEY) < SHORTEST_SECRET:
        return fail(f"SECRET_KEY has {len(settings.SECRET_KEY)} characters", "Give it 50 random ones.")
    if not Path(settings.KEK_FILE).is_file():
        return fail(f"{settings.KEK_FILE} is missing", "Bring the key-encryption key back from its copy.")
    open_files = [path.name for path in (settings.VAR / "secret_key",) if _is_open(path)]
    if open_files:
        return warn(f"{', '.join(open_files)} can be read by others on this machine", "chmod 600 it.")
    return ok("SECRET_KEY and the key-encryption key are there")


def mail() -> Finding:
    """The mail server greets us; nothing is sent."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return ok(f"{settings.EMAIL_BACKEND.rpartition('.')[2]}: nothing leaves this machine")
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    kind = smtplib.SMTP_SSL if getattr(settings, "EMAIL_USE_SSL", False) else smtplib.SMTP
    try:
        with kind(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=TIMEOUT) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        return fail(f"{where} does not answer ({type(error).__name__})", "See EMAIL_URL; mail waits in the outbox.")
    return ok(f"{where} answers")


def _places() -> set[Path]:
    """Folders that are on this machine."""
    places = {settings.VAR if settings.VAR.is_dir() else settings.ROOT}
    with suppress(redis.RedisError, OSError):
        places.add(Path(str(services.client().config_get("dir")["dir"])))
    with suppress(psycopg.Error), databases.connect("owner") as connection:  # seldom allowed to the owner
        row = connection.execute("SHOW data_directory").fetchone()
        places |= {Path(str(row[0]))} if row else set()
    return {place for place in places if place.is_dir()}


def _is_open(path: Path) -> bool:
    return path.is_file() and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
