import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interviews.management.numbers import positive
from interviews.services import assessment
from interviews.services.assessment import Wanted
from interviews.services.assessment.by_model import TooManyCalls, UnknownPrompt
from interviews.services.simulation.dataset import BadDataset
from llm.gateway import Unavailable
from llm.pinning import NotUsable

MOST_CALLS = 1000


class Command(BaseCommand):
    help = (
        "Measure the evaluator on a folder of interviews with known levels and on the judge suites beside them. With "
        "--evaluator model each --model is asked alone, on the platform's account. What it answers is kept for a day, "
        "so that another run has the same figures and pays nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dataset", type=Path, required=True, help="the folder (interviews/data/README.md)")
        parser.add_argument("--roles", type=_names, default=(), help="only these roles, e.g. gd,ml")
        parser.add_argument("--evaluator", choices=["basic", "model"], default="basic")
        parser.add_argument("--model", nargs="+", default=(), help='models in use, as "account/model" or "model"')
        parser.add_argument("--prompt", default="", help="evaluation.vN, instead of the one that rates candidates")
        parser.add_argument("--limit", type=positive, default=0, help="interviews of a role, and cases of a suite")
        parser.add_argument("--most-calls", type=positive, default=MOST_CALLS, help=f"of models ({MOST_CALLS})")
        parser.add_argument(
            "--json", action="store_true", help="print the figures as JSON, one line for each evaluator"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reports = self._reports(options)
        except Unavailable as error:
            raise CommandError(f"A model could not be asked ({error.kind}). {AGAIN}") from error
        except (BadDataset, NotUsable, TooManyCalls, UnknownPrompt) as error:
            raise CommandError(str(error)) from error
        lines = map(json.dumps, reports) if options["json"] else [assessment.as_text(reports)]
        for line in lines:
            self.stdout.write(line)

    def _reports(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        folder, roles, limit = options["dataset"], options["roles"], options["limit"]
        if options["evaluator"] == "basic":
            if options["model"] or options["prompt"]:
                raise CommandError("--model and --prompt need --evaluator model.")
            return [assessment.assess(folder, roles=roles, limit=limit)]
        models, prompt = tuple(options["model"]), options["prompt"]
        wanted = Wanted(folder, roles, models, prompt, limit, options["most_calls"])
        return assessment.assess_models(wanted, say=self.stderr.write)


AGAIN = "What was answered is kept for a day: run the command again to go on where it ended."


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
