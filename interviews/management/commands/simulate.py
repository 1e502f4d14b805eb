import argparse
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interviews.management.numbers import positive
from interviews.services.simulation import run
from interviews.services.simulation.dataset import BadDataset
from interviews.services.simulation.report import Report
from interviews.services.simulation.setup import CannotSimulate

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "simulated_candidates.jsonl"


class Command(BaseCommand):
    help = (
        "Play a data set's applicants as candidates against a running Candor, over HTTP. "
        "Exits with status 1 when an answer was lost or doubled, or an interview failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=f"http://127.0.0.1:{settings.PORT}", help="where to connect to")
        parser.add_argument("--tenant", required=True, help="subdomain; made on the Enterprise plan when there is none")
        parser.add_argument("--dataset", type=Path, default=SHIPPED, help=".jsonl or .jsonl.gz, rubrics.json beside it")
        parser.add_argument("--interviews", type=positive, default=20)
        parser.add_argument("--concurrency", type=positive, default=5)
        parser.add_argument("--job", default="", help="slug of an open job, instead of one made from the rubrics")
        parser.add_argument("--think", type=_seconds, default=0.0, help="seconds before each answer, on average")
        parser.add_argument("--patience", type=_seconds, default=120.0, help="seconds to wait for one reply")
        parser.add_argument("--json", action="store_true", help="print the figures as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = run.Wanted(**{name: options[name] for name in run.Wanted.__slots__})
        try:
            report = run.simulate(wanted, say=self.stderr.write)
        except (BadDataset, CannotSimulate, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(report.as_json() if options["json"] else report.as_text())
        if not _is_clean(report):
            sys.exit(1)


def _is_clean(report: Report) -> bool:
    failed = report.lost or report.doubled or report.errors
    return not failed and report.completed == report.interviews


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("a number of seconds is expected.") from error
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("0 to 3600 seconds are expected.")
    return seconds
