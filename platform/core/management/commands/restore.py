from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.backups import BackupError, NotAfterRestore, restoring


class Command(BaseCommand):
    help = "Bring a backup back into the configured databases, with web, worker and beat stopped (docs/operations.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that `backup` wrote")
        parser.add_argument("--keys-from", type=Path, help="take the keys' database from this backup instead")
        parser.add_argument(
            "--replace", action="store_true", help="when the databases hold something; they are kept under another name"
        )

    def handle(self, *args: Any, folder: Path, keys_from: Path | None, replace: bool, **options: Any) -> None:
        try:
            done = restoring.restore(folder, keys_from=keys_from, replace=replace)
        except (BackupError, NotAfterRestore, restoring.HalfSwapped) as error:
            raise CommandError(str(error)) from error
        for kind, rows in done.rows.items():
            self.stdout.write(f"{kind}: {rows:,} rows")
        self.stdout.write(f"files: {done.files}")
        for line in done.followed:
            self.stdout.write(line)
        for name in done.kept:
            self.stdout.write(f"The database that was there is {name} now: drop it when all is well.")
        self.stdout.write("Restored. Next: manage.py migrate_all, start web, worker and beat, manage.py doctor.")
