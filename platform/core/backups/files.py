"""What is not in a database: folders of files, and the secrets that a backup holds only when asked."""

import shutil
from pathlib import Path

from django.conf import settings

from core.backups.manifest import Manifest, private


def folders() -> dict[str, Path]:
    """Name -> folder of what this installation keeps in files: the development mailbox. Logos are in the database."""
    uses_mailbox = settings.EMAIL_BACKEND == "core.mailbox.MailboxBackend"
    return {"mailbox": Path(settings.MAILBOX_DIR)} if uses_mailbox else {}


def secrets() -> dict[str, bytes]:
    """Name -> content of what opens and signs everything."""
    return {"kek.key": Path(settings.KEK_FILE).read_bytes(), "secret_key": settings.SECRET_KEY.encode() + b"\n"}


def save(draft: Path, *, with_secrets: bool) -> None:
    """Copy them below the draft of a backup."""
    for name, folder in folders().items():
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            if path.is_file() and not path.name.startswith("."):
                _copy(path, draft / "files" / name / path.name)
    if with_secrets:
        for name, content in secrets().items():
            with private(draft / "secrets" / name) as file:
                file.write(content)


def bring_back(source: Path, manifest: Manifest) -> int:
    """Copy the files (never the secrets) to where they belong, beside what is there; returns how many."""
    known, count = folders(), 0
    for stored in manifest.files:
        place, *parts = stored.path.split("/")
        if place != "files" or len(parts) != 2 or parts[0] not in known:
            continue
        target = known[parts[0]] / parts[1]
        target.unlink(missing_ok=True)
        _copy(source / stored.path, target)
        count += 1
    return count


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as original, private(target) as copy:
        shutil.copyfileobj(original, copy)
