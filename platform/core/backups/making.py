"""Making a backup: a folder that is there whole or not at all."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psycopg

from core import backups, clock
from core.backups import BackupError, databases, files, manifest, programs
from core.backups.databases import Address, Connection
from core.backups.manifest import Database, Manifest


def make(target: Path, *, with_secrets: bool) -> Manifest:
    """Write a backup into the new folder `target`: main/, keys/, files/, secrets/ when asked, manifest.json.

    :raises BackupError: with nothing left behind.
    """
    target = target.absolute()
    if target.exists():
        raise BackupError(f"{target} exists already: name a folder that does not.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))  # 0700
    except OSError as error:
        raise BackupError(f"{target.parent} can't be written: {error.strerror}.") from error
    try:
        made = _fill(draft, with_secrets=with_secrets)
        _sync(draft)
        draft.rename(target)
        _sync_folder(target.parent)
        return made
    except psycopg.Error as error:
        raise BackupError(f"The database did not let itself be read: {str(error).strip().splitlines()[0]}") from error
    except OSError as error:
        raise BackupError(f"The backup could not be written to {target}: {error.strerror}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(draft: Path, *, with_secrets: bool) -> Manifest:
    made = Manifest(made_at=clock.now().isoformat(timespec="seconds"), databases=_dump_both(draft))
    made.notes = {name: one.note() for name, one in backups.concerns().items() if one.note}
    files.save(draft, with_secrets=with_secrets)
    made.files = [manifest.describe(draft, path) for path in sorted(draft.rglob("*")) if path.is_file()]
    made.write(draft)
    return made


def _dump_both(draft: Path) -> dict[str, Database]:
    """Both databases at one instant, as far as two databases have one.

    The keys' snapshot is taken right after the main one. A candidate's key is committed before the candidate's row,
    so every row of the dump finds its key in the other, unless the person was erased in between, as it should be.
    """
    found = {}
    with ExitStack() as stack:
        views = {}
        for kind in databases.ALIASES:
            where = databases.address(kind)
            views[kind] = (where, *stack.enter_context(databases.snapshot(where)))
        for kind, (where, connection, name) in views.items():
            found[kind] = _dump(draft, kind, where, connection, name)
    return found


def _dump(draft: Path, kind: str, where: Address, connection: Connection, snapshot: str) -> Database:
    program = programs.find("pg_dump", connection)
    (draft / kind).mkdir(mode=0o700)
    file = f"{kind}/{kind}.dump"
    options = ("--format=custom", f"--snapshot={snapshot}", "--lock-wait-timeout=60s")
    programs.run(program, where, *options, f"--file={draft / file}")
    tables = databases.row_counts(connection)
    return Database(
        file=file,
        server=databases.server_version(connection),
        owner=where.owner,
        app=where.app,
        tables=tables,
        triggers=databases.trigger_count(connection),
        migrations=databases.recorded_migrations(connection, tables),
    )


def _sync(folder: Path) -> None:
    """Let the disk hold every file before the folder gets its name."""
    for path in folder.rglob("*"):
        _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
