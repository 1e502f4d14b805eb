import json
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interviews.services.assessment import dataset, fitting
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
            found = dataset.load(options["dataset"])
            groups = [[one] for one in found.interviews.values()] + [list(found.interviews.values())]
            made = [fitting.fit(list(chain.from_iterable(group)), found.competencies) for group in groups]
        except (BadDataset, ValueError) as error:
            raise CommandError(str(error)) from error
        rows = ",\n".join(json.dumps(asdict(one), sort_keys=True) for one in made)
        options["output"].write_text(f'{{"fits": [\n{rows}\n]}}\n')
        self.stdout.write(f"Fitted on {', '.join('+'.join(one.roles) for one in made)}: {options['output']}")
