"""What a backup holds: one JSON file beside the files, with the hash of each."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.backups import BackupError

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """One file: its path in the folder, size and hash."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Database:
    """What a dump holds: rows by table, enabled triggers, migrations of any schema, and who owns and serves."""

    file: str
    server: str
    owner: str
    app: str
    tables: dict[str, int]
    triggers: int
    migrations: list[str]


@dataclass(slots=True)
class Manifest:
    """The whole backup. `made_at` is ISO 8601 in UTC."""

    made_at: str
    databases: dict[str, Database]
    files: list[Stored] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Into `folder`, 0600, on the disk when this returns."""
        with private(folder / NAME) as file:
            file.write(json.dumps(asdict(self), indent=1, sort_keys=True).encode())


def private(path: Path) -> Any:
    """A new file to write bytes into that only its owner may read (0600); it and its folders are made."""
    for folder in reversed(path.parents):
        folder.mkdir(mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def describe(folder: Path, path: Path) -> Stored:
    """:raises OSError: if it can't be read."""
    return Stored(path.relative_to(folder).as_posix(), path.stat().st_size, _hash(path))


def read(folder: Path) -> Manifest:
    """:raises BackupError: if the folder holds no manifest, or one of another format."""
    path = folder / NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise BackupError(f"{path} has the format {data['format']} and this release reads {FORMAT}.")
        databases = {name: Database(**found) for name, found in data.pop("databases").items()}
        files = [Stored(**found) for found in data.pop("files")]
        return Manifest(databases=databases, files=files, **data)
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no backup: it has no {NAME}.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{path} can't be read as a manifest ({type(error).__name__}).") from error


def verify(folder: Path, manifest: Manifest, *, within: tuple[str, ...]) -> None:
    """Compare the files below these folders of a backup with its manifest.

    :raises BackupError: naming every file that is missing or changed.
    """
    listed = {stored.path for stored in manifest.files}
    wrong = [f"{kind} is none of its files" for kind, held in manifest.databases.items() if held.file not in listed]
    for stored in manifest.files:
        if stored.path.split("/")[0] not in within:
            continue
        path = folder / stored.path
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            wrong.append(f"{stored.path} is missing")
        elif (path.stat().st_size, _hash(path)) != (stored.bytes, stored.sha256):
            wrong.append(f"{stored.path} was changed")
    if wrong:
        raise BackupError(f"{folder}: {', '.join(wrong)}. Nothing was restored; take another copy of this backup.")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
