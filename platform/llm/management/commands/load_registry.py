from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from llm import loading


class Command(BaseCommand):
    help = "Put the providers, models and prices of llm/data/providers.json into the registry (migrate_all does too)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = loading.load(dry_run=options["dry_run"])
        except ValueError as error:
            raise CommandError(f"{loading.DATA} is no JSON, nothing was changed: {error}.") from None
        for line in report.lines():
            self.stdout.write(line)
        for name in report.left:
            self.stdout.write(f"left {name}: edited by hand")
        if report.refused:
            raise CommandError(f"{len(report.refused)} rows were refused.")
        self.stdout.write(f"{len(report.added)} added, {len(report.changed)} changed, {len(report.left)} left.")
