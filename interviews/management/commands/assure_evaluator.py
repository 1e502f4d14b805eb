import getpass
import json
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interviews.management.numbers import positive
from interviews.services import assurance
from interviews.services.assessment.by_model import TooManyCalls, UnknownPrompt
from llm.gateway import Unavailable
from llm.pinning import NotUsable

CASES = 4
MOST_CALLS = 1000


class Command(BaseCommand):
    help = (
        "Run the suites of score assurance: what may not move a level, and what must. Exits with status 1 below the "
        "gate. A model's run is recorded, and a prompt version without a passing one of this release can't be made "
        "live. The cases are Candor's own: nothing personal is sent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--evaluator", choices=["basic", "model"], required=True)
        parser.add_argument("--prompt", default="", help="evaluation.vN; default: the one that rates candidates")
        parser.add_argument("--model", default="", help='a model in use, as "account/model" or "model"')
        parser.add_argument("--cases", type=positive, default=CASES, help=f"of each suite with a model ({CASES})")
        parser.add_argument("--most-calls", type=positive, default=MOST_CALLS, help=f"of a model ({MOST_CALLS})")
        parser.add_argument("--output", type=Path, help="where to write the basic evaluator's figures as they ship")
        parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            measured = self._measured(options)
        except Unavailable as error:
            told = "Nothing was recorded. What was answered is kept for a day: run the command again to go on."
            raise CommandError(f"The model could not be asked ({error.kind}). {told}") from error
        except (NotUsable, TooManyCalls, UnknownPrompt) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(measured.as_json()) if options["json"] else assurance.as_text(measured))
        if measured.failing:
            sys.exit(1)

    def _measured(self, options: dict[str, Any]) -> assurance.Measured:
        if options["evaluator"] == "basic":
            measured = assurance.measure_basic()
            if options["output"]:
                assurance.ship(measured, options["output"])
            return measured
        wanted = assurance.Wanted(options["cases"], options["most_calls"], options["model"], options["prompt"])
        return assurance.measure_model(wanted, by=_who(), say=self.stderr.write)


def _who() -> str:
    """The account that runs the command, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())
