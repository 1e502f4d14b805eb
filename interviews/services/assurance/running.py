"""Running the suites against an evaluator."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from interviews.services.assessment.dataset import evenly
from interviews.services.assurance.cases import NONE, NOT_UP, UNMOVED, UP, Case, suites
from interviews.services.assurance.data import data
from interviews.services.evaluation.types import Answer, CompetencyText, Rating

Rate = Callable[[Sequence[CompetencyText], Sequence[Answer]], Sequence[Rating]]
MIDDLE = Decimal(3)  # what no evidence counts as where a value must rise or fall


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a suite's cases, how many behaved as they must."""

    cases: int
    met: int

    @property
    def share(self) -> float:
        return self.met / self.cases


def run(rate: Rate, *, cases: int = 0) -> dict[str, Outcome]:
    """suite -> outcome, of at most so many cases of each suite, spread over the library; 0 = of all."""
    chosen = {name: evenly(every, cases) for name, every in suites().items()}
    return {name: Outcome(len(some), sum(behaves(case, rate) for case in some)) for name, some in chosen.items()}


def gate() -> Mapping[str, float]:
    """suite -> the share of its cases that must be met."""
    found: Mapping[str, float] = data()["gate"]
    return found


def failing(outcomes: Mapping[str, Outcome]) -> list[str]:
    """The suites below their gate, and those that were not run."""
    return [name for name, least in gate().items() if name not in outcomes or outcomes[name].share < least]


def behaves(case: Case, rate: Rate) -> bool:
    """Whether the change does what it must."""
    after = {rating.competency_key: rating for rating in rate(case.competencies, case.after)}
    if case.must == NONE:
        return after[case.about].level is None
    before = {rating.competency_key: rating for rating in rate(case.competencies, case.before)}
    if case.must == UNMOVED:
        return all(before[key].level == rating.level for key, rating in after.items())
    if case.must == NOT_UP:
        return all(_rose_not(before[key], rating) for key, rating in after.items())
    rise = (after[case.about].standing or MIDDLE) - (before[case.about].standing or MIDDLE)
    return rise > 0 if case.must == UP else rise < 0


def _rose_not(before: Rating, after: Rating) -> bool:
    """No evidence is no level, and so none that rose; a level where none was before did."""
    then, now = before.standing, after.standing
    return now is None or (then is not None and now <= then)
