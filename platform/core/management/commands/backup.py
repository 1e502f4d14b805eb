from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.backups import BackupError, making


class Command(BaseCommand):
    help = "Write both databases and the files into a new folder (docs/operations.md, Back-up)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that does not exist yet")
        parser.add_argument(
            "--with-secrets",
            action="store_true",
            help="also the key-encryption key and SECRET_KEY: whoever has such a folder reads everything",
        )

    def handle(self, *args: Any, folder: Path, with_secrets: bool, **options: Any) -> None:
        try:
            made = making.make(folder, with_secrets=with_secrets)
        except BackupError as error:
            raise CommandError(str(error)) from error
        for stored in made.files:
            if not stored.path.startswith("files/"):
                self.stdout.write(f"{stored.bytes:>12,} bytes  {stored.path}")
        count = sum(stored.path.startswith("files/") for stored in made.files)
        rows = {kind: sum(content.tables.values()) for kind, content in made.databases.items()}
        self.stdout.write(f"Backed up to {folder}: {rows['main']:,} rows, {rows['keys']:,} of keys, {count} files.")
        if not with_secrets:
            self.stdout.write(
                f"Not in it: {settings.KEK_FILE} and SECRET_KEY. Without the first nobody reads what was written: "
                "keep a copy apart from every backup."
            )
