"""What `manage.py doctor` asks: one question a name, each answered within seconds or said not to be.

core asks about the services and this machine; apps register their own questions in AppConfig.ready.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connections

LIMIT_SECONDS = 5.0
OK, WARN, FAIL = "ok", "warn", "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer: how it is, what was found, and what to do about it. Without secrets and personal data."""

    level: str
    what: str
    todo: str = ""


Probe = Callable[[], Finding]


@dataclass(frozen=True, slots=True)
class Question:
    """`needs` names questions whose FAIL makes this one pointless."""

    probe: Probe
    needs: tuple[str, ...] = ()


_questions: dict[str, Question] = {}


def ok(what: str) -> Finding:
    return Finding(OK, what)


def warn(what: str, todo: str) -> Finding:
    return Finding(WARN, what, todo)


def fail(what: str, todo: str) -> Finding:
    return Finding(FAIL, what, todo)


def register(name: str, probe: Probe, *, needs: tuple[str, ...] = ()) -> None:
    """Ask this too (called in AppConfig.ready). The probe runs in a thread, with connections of its own."""
    _questions[name] = Question(probe, needs)


def examine(questions: dict[str, Question] | None = None, *, limit: float = LIMIT_SECONDS) -> dict[str, Finding]:
    """Ask everything: first what needs nothing, then the rest, side by side. A hung service costs `limit` seconds."""
    asked = dict(_questions if questions is None else questions)
    found = _ask_all({name: one for name, one in asked.items() if not one.needs}, limit)
    away = {name for name, finding in found.items() if finding.level == FAIL}
    later = {name: one for name, one in asked.items() if one.needs}
    pointless = {name: away.intersection(one.needs) for name, one in later.items()}
    found |= _ask_all({name: one for name, one in later.items() if not pointless[name]}, limit)
    for name, missing in pointless.items():
        if missing:
            found[name] = warn(f"not looked at: {', '.join(sorted(missing))} failed", "See there first.")
    return {name: found[name] for name in asked}


def worst(findings: Iterable[Finding]) -> str:
    levels = {finding.level for finding in findings}
    return next((level for level in (FAIL, WARN) if level in levels), OK)


def _ask_all(questions: dict[str, Question], limit: float) -> dict[str, Finding]:
    answers: dict[str, Finding] = {}
    threads = [
        threading.Thread(target=_ask, args=(name, one.probe, answers), daemon=True) for name, one in questions.items()
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + limit
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    said = dict(answers)  # what comes later is too late
    silence = fail(f"no answer within {limit:g} s", "See whether the service hangs or the network drops packets.")
    return {name: said.get(name, silence) for name in questions}


def _ask(name: str, probe: Probe, answers: dict[str, Finding]) -> None:
    try:
        answers[name] = probe()
    except Exception as error:
        # A message may quote an address with its password, or a row: the type has to do.
        answers[name] = fail(f"could not be looked at ({type(error).__name__})", "See the logs of this service.")
    finally:
        connections.close_all()
