from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interviews.services import assessment
from interviews.services.simulation.dataset import BadDataset


class Command(BaseCommand):
    help = (
        "Fit the basic evaluator's numbers on a folder of interviews with known levels and on the competency library's "
        "examples: with each role alone, so that another role can be measured with what never saw it, and with all "
        "of them, which is what rates candidates."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", type=Path, required=True, help="the folder (interviews/data/README.md)")
        parser.add_argument("--output", type=Path, required=True, help="interviews/data/basic_fits.json, to use them")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = assessment.fit(options["dataset"], output=options["output"])
        except BadDataset as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Fitted on {', '.join('+'.join(one.roles) for one in made)}: {options['output']}")
