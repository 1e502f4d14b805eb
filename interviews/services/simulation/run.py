"""The whole simulation: set up, play, verify, count."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from django.db import connections
from django.utils.translation import ngettext

from core import tenancy
from interviews.services.simulation import client, dataset, report, setup, verify
from interviews.services.simulation.browser import Browser, Unreachable, WrongTurn
from interviews.services.simulation.client import Played
from interviews.services.simulation.report import Report
from interviews.services.simulation.setup import Part

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to simulate. `think` and `patience` are seconds; `url` is scheme and address."""

    url: str
    tenant: str
    dataset: Path
    interviews: int
    concurrency: int
    job: str = ""
    think: float = 0.0
    patience: float = 120.0


def simulate(wanted: Wanted, say: Say) -> Report:
    """Set up and verify through services; everything between goes over HTTP. Progress goes to `say`.

    :raises dataset.BadDataset, setup.CannotSimulate: before anything was sent.
    """
    host = setup.host_header(wanted.tenant, wanted.url)
    _require_answer(wanted.url, host)
    source = dataset.load(wanted.dataset, with_rubrics=not wanted.job)
    schema = setup.schema_of(setup.ensure_tenant(wanted.tenant))
    with tenancy.enter(schema):
        parts = setup.prepare(source, count=wanted.interviews, job=wanted.job)
    connections.close_all()  # nothing is held while the candidates play
    invited = ngettext("%d candidate is invited", "%d candidates are invited", len(parts)) % len(parts)
    say(f"{invited} to {host}, {min(wanted.concurrency, len(parts))} at a time.")
    played = _play(parts, wanted, host, say)
    with tenancy.enter(schema):
        return report.build(played, verify.verify(played))


def _require_answer(url: str, host: str) -> None:
    """Like a bad file, an address at which nothing answers is refused before anything is made.

    The platform's own host is asked: a tenant that is not there yet would be remembered as unknown for seconds.
    """
    browser = Browser(url, host=host.partition(".")[2], patience=2.0)
    try:
        browser.get("/branding.css", accept="text/css")
    except (Unreachable, WrongTurn) as error:
        raise setup.CannotSimulate(
            f"Nothing answers at {url}: start Candor with `make run`, or give its address."
        ) from error
    finally:
        browser.close()


def _play(parts: Sequence[Part], wanted: Wanted, host: str, say: Say) -> list[Played]:
    def one(part: Part) -> Played:
        browser = Browser(wanted.url, host=host, patience=wanted.patience)
        return client.play(browser, link=part.link, answers=part.answers, think=wanted.think)

    with ThreadPoolExecutor(max_workers=wanted.concurrency, thread_name_prefix="candidate") as pool:
        futures = [pool.submit(one, part) for part in parts]
        for done, future in enumerate(as_completed(futures), 1):
            say(line_of(done, len(parts), future.result()))
    return [future.result() for future in futures]


def line_of(done: int, total: int, played: Played) -> str:
    """What became of one candidate, in words."""
    sent, again = len(played.exchanges), played.retries
    outcome = played.error or ngettext("%d answer", "%d answers", sent) % sent
    retried = ", " + ngettext("%d request repeated", "%d requests repeated", again) % again if again else ""
    return f"{done}/{total} {played.interview_id or 'not reached'}: {outcome}{retried}"
