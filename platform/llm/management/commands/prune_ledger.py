"""`manage.py prune_ledger --keep-days 400`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from llm import usage


class Command(BaseCommand):
    help = "Delete model calls older than so many days; their sums by the hour stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep-days", type=int, default=400)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            deleted = usage.prune(keep_days=options["keep_days"])
        except usage.KeptTooShort as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{deleted} model calls deleted.")
