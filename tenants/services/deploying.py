"""Bringing every tenant's schema to the newest migrations: the canary first, then several at a time.

A schema that fails is recorded and blocks no other. A deploy that was killed is run again and goes on where it was.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog
from django.db import OperationalError, connections
from django_tenants.utils import get_public_schema_name

from core import releases
from tenants.models import SchemaMigration
from tenants.services import blueprint, ledger, locks, migrating_process, rendering, schemas

log = structlog.get_logger()
Say = Callable[[str], None]
LOCK = "deploy"
MOST_PROCESSES = 4
FEW = 3  # schemas that are done before a second process has started
BUSY = {"55P03", "40P01"}  # a table in use for longer than the lock_timeout; a deadlock
PAUSES = (1.0, 3.0, 10.0, 20.0)  # seconds between tries


class PublicIsBehind(RuntimeError):
    """The public schema lacks migrations, which tenants' migrations may need."""


class NoSuchCanary(LookupError):
    """The canary that was asked for is no tenant's schema."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deploy did: the schemas it migrated, those that failed with the reason, those it did not begin."""

    migrated: tuple[str, ...]
    failed: dict[str, str]
    left: tuple[str, ...]  # as the canary failed


class Teller:
    """Says once of each schema how it ended."""

    def __init__(self, say: Say, behind: list[str]) -> None:
        self._say, self._waiting, self._ended = say, behind, list[SchemaMigration]()

    def the_news(self) -> None:
        """Say what ended since the last call."""
        ended = ledger.rows().filter(pk__in=self._waiting, state__in=[ledger.State.DONE, ledger.State.FAILED])
        for row in ended.order_by("finished_at"):
            failed = row.state == ledger.State.FAILED
            self._say(f"failed schema {row.pk}: {row.error}" if failed else f"migrated schema {row.pk}")
            self._waiting = [schema for schema in self._waiting if schema != row.pk]
            self._ended.append(row)

    def outcome(self) -> Outcome:
        """Of what was said."""
        done = tuple(row.pk for row in self._ended if row.state == ledger.State.DONE)
        failed = {row.pk: row.error for row in self._ended if row.state == ledger.State.FAILED}
        return Outcome(done, failed, tuple(self._waiting))


def migrate_all(say: Say, *, canary: str = "") -> Outcome:
    """Migrate the keys' database, public with the rows that releases bring, and every tenant schema that drifted."""
    with _alone(say):
        schemas.migrate_keys()
        if get_public_schema_name() in schemas.drifted():
            schemas.migrate(get_public_schema_name())
            say("migrated public schema")
        releases.load_all(lambda line: say(f"migrated {line}"))
        return _tenants(say, canary)


def migrate_tenants(say: Say, *, canary: str = "") -> Outcome:
    """Migrate every tenant schema that drifted.

    :raises PublicIsBehind: if public comes first.
    :raises NoSuchCanary: if no tenant has this schema.
    :raises locks.StillHeld: if another deploy runs on and on.
    """
    with _alone(say):
        if get_public_schema_name() in schemas.drifted():
            raise PublicIsBehind("public lacks migrations.")
        return _tenants(say, canary)


def work() -> None:
    """Migrate schemas of the ledger until none is owed."""
    while schema := ledger.claim():
        _migrate(schema)


def _alone(say: Say) -> AbstractContextManager[None]:
    return locks.held(LOCK, waiting=lambda: say("waiting for another deploy to end"))


def _tenants(say: Say, canary: str) -> Outcome:
    if canary and canary not in schemas.tenant_schemas():
        raise NoSuchCanary(canary)
    behind = schemas.drifted()
    ledger.owe(behind)
    told = Teller(say, behind)
    if behind and _canary_lives(canary, behind):
        told.the_news()
        _all_others(told)
    told.the_news()
    _draw(say)
    connections[schemas.OWNER].close()
    return told.outcome()


def _canary_lives(canary: str, behind: list[str]) -> bool:
    """Migrate one tenant before all others, unless some tenant came through already."""
    first = canary if canary in behind else behind[0]
    if first != canary and ledger.canary_lives():
        return True
    ledger.claim(first)
    return _migrate(first)


def _all_others(told: Teller) -> None:
    """In this process alone when there are few; else in several, each of which takes what is owed."""
    while owed := ledger.owed():
        processes = min(MOST_PROCESSES, os.cpu_count() or 1, owed // FEW)
        if processes < 2:
            work()
            return
        crew = [_process() for _ in range(processes)]
        while going_on := [process.sentinel for process in crew if process.is_alive()]:
            wait(going_on, 1.0)
            told.the_news()
        ledger.bury_the_dead()
        if ledger.owed() == owed:
            log.error("deploy_processes_died", so="this process migrates alone")
            work()


def _process() -> BaseProcess:
    """Another process that does `work()`; it begins from nothing, as threads and connections survive no fork."""
    connections[schemas.OWNER].close()
    database = str(connections[schemas.OWNER].settings_dict["NAME"])
    process = multiprocessing.get_context("spawn").Process(target=migrating_process.main, args=(database,), daemon=True)
    process.start()
    return process


def _migrate(schema: str) -> bool:
    """Migrate one schema and record how that ended. What was killed but goes on somewhere is waited for."""
    try:
        with locks.held(locks.tables_of(schema)):
            _patiently(schema)
    except Exception as error:  # whatever a migration raises is this tenant's alone
        log.error("schema_not_migrated", schema=schema, exc_info=True)
        ledger.failed(schema, schemas.reason(error))
        return False
    ledger.done(schema)
    return True


def _patiently(schema: str) -> None:
    """Migrate; when a table is in use, let go of every lock and try again later."""
    for pause in PAUSES:
        try:
            return schemas.migrate(schema)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in BUSY:
                raise
            log.warning("schema_in_use", schema=schema, again_in_seconds=pause)
            time.sleep(pause)
    return schemas.migrate(schema)


def _draw(say: Say) -> None:
    """The next tenant is made from this release's blueprint."""
    if blueprint.current():
        return
    try:
        blueprint.refresh()
    except (rendering.NotRendered, locks.StillHeld) as error:
        say(f"no blueprint, new tenants are migrated one migration after another: {error}")
