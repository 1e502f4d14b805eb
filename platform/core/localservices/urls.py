"""The five addresses Candor needs: given by the person who runs it, completed, or those of the embedded services."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit, urlunsplit

from core.localservices.errors import ServiceError

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "KEYS_DATABASE_URL", "KEYS_DATABASE_OWNER_URL", "REDIS_URL")


def provide(var: Path) -> None:
    """Put the five addresses into this process's environment, starting the embedded services when none is given.

    In production nothing is assumed: what is missing stays missing and the settings name it.

    :raises ServiceError: if the services cannot run here, or only some addresses are given.
    """
    if os.environ.get("CANDOR_ENV") == "production":
        return
    if is_embedded(os.environ):
        from core.localservices.service import ensure

        os.environ.update(ensure(var))
        _exit_on_sigterm()
    else:
        os.environ.update(complete_urls(os.environ))


def is_embedded(env: Mapping[str, str]) -> bool:
    """Whether no server is given, so that our own are used."""
    return not any(env.get(name) for name in NAMES)


def complete_urls(env: Mapping[str, str]) -> dict[str, str]:
    """The five addresses, those that are missing derived from DATABASE_URL (outside production).

    The owner defaults to the same role; the keys' database to the same server and the name with `_keys` behind.

    :raises ServiceError: if DATABASE_URL or REDIS_URL is missing.
    """
    given = {name: env[name] for name in NAMES if env.get(name)}
    if env.get("CANDOR_ENV") == "production":
        return given
    for needed, other in (("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")):
        if needed not in given:
            raise ServiceError(f"{other} is set but {needed} is not: set both, or neither to use embedded servers.")
    owner = given.get("DATABASE_OWNER_URL", given["DATABASE_URL"])
    derived = {
        "DATABASE_OWNER_URL": owner,
        "KEYS_DATABASE_URL": _keys_database(given["DATABASE_URL"]),
        "KEYS_DATABASE_OWNER_URL": _keys_database(owner),
    }
    return derived | given


def _keys_database(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "_keys"))


def _exit_on_sigterm() -> None:
    """Let a command that is asked to end stop the services it started; by default Python would end at once."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
