import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interviews.services import assessment
from interviews.services.simulation.dataset import BadDataset


class Command(BaseCommand):
    help = "Measure the evaluator on a folder of interviews with known levels and on the judge suites beside them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", type=Path, required=True, help="the folder (interviews/data/README.md)")
        parser.add_argument("--roles", type=_names, default=(), help="only these roles, e.g. gd,ml")
        parser.add_argument("--evaluator", choices=["basic"], default="basic")
        parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = assessment.assess(options["dataset"], roles=options["roles"])
        except BadDataset as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report) if options["json"] else assessment.as_text(report))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
