"""Restoring a backup: into new databases, which take the names of the old ones when everything in them was checked."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from core import backups, clock
from core.backups import BackupError, NotAfterRestore, databases, files, manifest, programs
from core.backups.databases import Address, Connection
from core.backups.manifest import Database, Manifest
from core.localservices import roles

DRAFT = "_restoring"


class HalfSwapped(Exception):
    """One of two servers has the backup's database and the other its own; the message says what to do by hand."""


@dataclass(frozen=True, slots=True)
class Part:
    """One database: from which folder, as its manifest tells it, to where."""

    kind: str
    folder: Path
    told: Manifest
    where: Address

    @property
    def content(self) -> Database:
        return self.told.databases[self.kind]

    @property
    def draft(self) -> Address:
        return self.where.at(self.where.name + DRAFT)


@dataclass(slots=True)
class Restored:
    """What happened: rows by database, databases that were kept under another name, files, what followed."""

    rows: dict[str, int] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    files: int = 0
    followed: list[str] = field(default_factory=list)


def restore(source: Path, *, keys_from: Path | None = None, replace: bool = False) -> Restored:
    """Bring a backup back into the configured databases.

    :param keys_from: another backup that the keys are taken from (they are kept for a shorter time).
    :param replace: whether databases that hold something may be replaced; they are kept under another name.
    :raises BackupError: with everything as it was.
    :raises HalfSwapped: when the keys are the backup's and the rest is not (two servers, one of which failed).
    :raises NotAfterRestore: when the databases are there and what must follow failed.
    """
    databases.leave()
    parts = _parts(source, keys_from or source)
    _require_usable(parts, replace=replace)
    done = Restored()
    with _drafts(parts):
        for part in parts:
            _fill(part)
            done.rows[part.kind] = sum(part.content.tables.values())
        suffix = _swap(parts, clock.now())
    old = [part.where.at(part.where.name + suffix) for part in parts]
    done.kept = [one.name for one in old if _is_kept(one)]
    done.files = files.bring_back(source, parts[0].told)
    done.followed = _follow()
    return done


def _parts(source: Path, keys_source: Path) -> list[Part]:
    """Both, their files compared with the manifests."""
    found = []
    for kind, folder in (("main", source), ("keys", keys_source)):
        told = manifest.read(folder)
        if kind not in told.databases:
            raise BackupError(f"{folder / manifest.NAME} tells of no {kind} database.")
        manifest.verify(folder, told, within=(kind, "files") if folder == source else (kind,))
        found.append(Part(kind, folder, told, databases.address(kind)))
    return found


def _require_usable(parts: list[Part], *, replace: bool) -> None:
    """Everything that can be known before anything is touched."""
    for part in parts:
        _require_same_roles(part)
        _require_known_migrations(part)
        for name, concern in backups.concerns().items():
            if concern.database == part.kind and concern.require:
                concern.require(part.told.notes.get(name))
        with _maintenance(part.where) as connection:
            program = programs.find("pg_restore", connection)
            programs.run(program, part.where, "--list", part.folder / part.content.file)
            _require_free(connection, part.where, replace=replace)


def _require_same_roles(part: Part) -> None:
    """The dump holds rights by the names of the roles."""
    told, here = (part.content.owner, part.content.app), (part.where.owner, part.where.app)
    if told != here:
        raise BackupError(
            f"The backup of {part.kind} was made for the roles {' and '.join(told)} and here they are "
            f"{' and '.join(here)}: give DATABASE_OWNER_URL and DATABASE_URL roles of those names."
        )


def _require_known_migrations(part: Part) -> None:
    known = {".".join(node) for node in MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}}
    labels = {config.label for config in apps.get_app_configs()}
    newer = [one for one in part.content.migrations if one not in known and one.partition(".")[0] in labels]
    if newer:
        raise BackupError(f"The backup was made by a newer release, which has {', '.join(newer)}: install that one.")


def _require_free(connection: Connection, where: Address, *, replace: bool) -> None:
    if not databases.is_there(connection, where.name):
        return
    _require_unused(connection, where)
    if not replace and not databases.is_empty(where):
        raise BackupError(f"{where.name} is not empty: give --replace to put the backup in its place (it is kept).")


def _require_unused(connection: Connection, where: Address) -> None:
    users = databases.users_of(connection, where.name)
    if users:
        raise BackupError(f"{where.name} has {users} connections: stop web, worker and beat, and what else uses it.")


@contextmanager
def _maintenance(where: Address) -> Iterator[Connection]:
    """A connection beside the database, to make, rename and drop it."""
    with where.at("postgres").connect() as connection:
        yield connection


@contextmanager
def _drafts(parts: list[Part]) -> Iterator[None]:
    """Databases to restore into; what is left of them at the end is dropped."""
    try:
        for part in parts:
            with _maintenance(part.where) as connection:
                _drop(connection, part.draft.name)
                roles.create_database(connection, part.draft.name)
        yield
    except psycopg.Error as error:
        raise BackupError(f"The restore stopped and everything is as it was: {_first_line(error)}") from error
    finally:
        for part in parts:  # one that can't be dropped now is dropped by the next restore
            with suppress(BackupError, psycopg.Error), _maintenance(part.where) as connection:
                _drop(connection, part.draft.name)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _drop(connection: Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _fill(part: Part) -> None:
    """Restore the dump and compare what came with what was told."""
    with part.draft.connect() as connection:
        program = programs.find("pg_restore", connection)
        options = ("--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={part.draft.name}")
        programs.run(program, part.draft, *options, part.folder / part.content.file)
        if part.where.owner != part.where.app:
            # Not before: a dump only gives rights, so what a migration took away would come back with the defaults.
            roles.apply_grants(connection, owner=part.where.owner, app=part.where.app)
        rows, triggers = databases.row_counts(connection), databases.trigger_count(connection)
    if (rows, triggers) != (part.content.tables, part.content.triggers):
        wrong = sorted({table for table, _ in rows.items() ^ part.content.tables.items()}) or ["its triggers"]
        raise BackupError(f"The dump of {part.kind} is not what its manifest tells: {', '.join(wrong[:5])} differ.")


def _swap(parts: list[Part], now: datetime) -> str:
    """Give the new databases the names of the old ones; on one server all at once, on two one after the other.

    :returns: what follows the names of the old ones now.
    :raises BackupError: with everything as it was. :raises HalfSwapped: when that could not be brought about.
    """
    main, keys = parts
    groups = [parts] if main.where.same_server(keys.where) else [[keys], [main]]
    suffix = f"_before_{now:%Y%m%d%H%M%S}"
    for part in parts:
        with _maintenance(part.where) as connection:
            _require_unused(connection, part.where)
    swapped: list[Part] = []
    for group in groups:
        try:
            _swap_on_one_server(group, suffix)
        except (BackupError, psycopg.Error) as error:
            for part in swapped:
                _swap_back(part, main, suffix, error)
            raise
        swapped += group
    return suffix


def _swap_on_one_server(group: list[Part], suffix: str) -> None:
    with _maintenance(group[0].where) as connection, connection.transaction():
        for part in group:
            if databases.is_there(connection, part.where.name):
                _rename(connection, part.where.name, part.where.name + suffix)
        for part in group:
            _rename(connection, part.draft.name, part.where.name)


def _swap_back(part: Part, other: Part, suffix: str, cause: Exception) -> None:
    """:raises HalfSwapped: if it fails."""
    name, old = part.where.name, part.where.name + suffix
    try:
        with _maintenance(part.where) as connection, connection.transaction():
            _rename(connection, name, part.draft.name)
            if databases.is_there(connection, old):
                _rename(connection, old, name)
    except (BackupError, psycopg.Error) as error:
        raise HalfSwapped(
            f"The restore stopped half way ({_first_line(cause)}), and swapping back failed too ({_first_line(error)})."
            f" {other.where.name} is as it was. {name} is the backup's now. Start nothing before you drop {name} and"
            f" rename {old} (if it is there) to {name}."
        ) from error


def _rename(connection: Connection, name: str, to: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))


def _is_kept(old: Address) -> bool:
    """Whether the old database is there under its new name; one that held nothing is dropped."""
    try:
        with _maintenance(old) as connection:
            if databases.is_there(connection, old.name) and databases.is_empty(old):
                _drop(connection, old.name)
            return databases.is_there(connection, old.name)
    except (BackupError, psycopg.Error):
        return True  # what was restored is there: an empty database too many stops nothing


def _follow() -> list[str]:
    """Let every app do what must follow a restore, whatever becomes of the others.

    :raises NotAfterRestore: naming what failed.
    """
    done, failed = [], []
    for name, one in backups.concerns().items():
        if one.after is None:
            continue
        try:
            done.append(f"{name}: {one.after()}")
        except Exception as error:
            failed.append(f"{name} ({error})")
    if failed:
        raise NotAfterRestore(f"The databases are restored; do not start Candor yet. Not done: {'; '.join(failed)}.")
    return done
