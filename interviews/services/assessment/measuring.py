"""What an evaluator is worth on interviews whose levels are known."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Protocol

from interviews.services.assessment import agreement
from interviews.services.assessment.dataset import Known
from interviews.services.evaluation import locate
from interviews.services.evaluation.types import Answer, CompetencyText, Rating, Span

MIDDLE = 3  # what an abstention counts as


class Evaluator(Protocol):
    """Rates as `interviews.services.evaluation` does; `by_length` is the label that a number of words would give."""

    def rate(self, competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> Sequence[Rating]: ...

    def by_length(self, words: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Label:
    """One competency of one interview: its true level, ours (None = abstained) and that of length alone."""

    truth: int
    said: int | None
    by_length: int

    @property
    def counted(self) -> int:
        return MIDDLE if self.said is None else self.said


@dataclass(frozen=True, slots=True)
class Rated:
    """An interview's labels, how many of its quotes stand in an answer, and how many there are."""

    labels: tuple[Label, ...]
    valid: int
    quotes: int

    @property
    def is_mixed(self) -> bool:
        return len({label.truth for label in self.labels}) > 1


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares and coefficients with three decimals; None where there was nothing to compare."""

    interviews: int
    accuracy: float | None
    qwk: float | None
    qwk_mixed: float | None
    spearman: float | None
    length_qwk: float | None
    abstained: float | None
    quotes_valid: float | None

    def as_json(self) -> Mapping[str, float | None]:
        return asdict(self)


def rate(known: Known, competencies: Sequence[CompetencyText], evaluator: Evaluator) -> Rated:
    """The interview's competencies with a known level, rated."""
    wanted = [competency for competency in competencies if competency.key in known.levels]
    ratings = {rating.competency_key: rating for rating in evaluator.rate(wanted, known.answers)}
    by_length = evaluator.by_length(sum(len(answer.text.split()) for answer in known.answers))
    labels = tuple(Label(known.levels[one.key], label_of(ratings[one.key].level), by_length) for one in wanted)
    texts = {answer.turn_id: answer for answer in known.answers}
    quotes = [(texts.get(span.turn_id), span) for rating in ratings.values() for span in rating.quotes]
    valid = sum(answer is not None and _stands(answer, span) for answer, span in quotes)
    return Rated(labels, valid, len(quotes))


def _stands(answer: Answer, span: Span) -> bool:
    return locate.find(answer.text[span.start : span.end], [answer]) is not None


def label_of(level: int | None) -> int | None:
    """Five levels as the three of the data: 1 and 2 are low (1), 4 and 5 are high (5)."""
    return None if level is None else {1: 1, 2: 1, 3: 3, 4: 5, 5: 5}[level]


def measures(rated: Sequence[Rated]) -> Measures:
    """The figures of these interviews together."""
    labels = [label for one in rated for label in one.labels]
    mixed = [label for one in rated if one.is_mixed for label in one.labels]
    truth, quotes = [label.truth for label in labels], sum(one.quotes for one in rated)
    return Measures(
        interviews=len(rated),
        accuracy=_rounded(agreement.accuracy(truth, [label.counted for label in labels])),
        qwk=_kappa(labels),
        qwk_mixed=_kappa(mixed),
        spearman=_rounded(agreement.spearman(*_means(rated))),
        length_qwk=_rounded(agreement.weighted_kappa(truth, [label.by_length for label in labels])),
        abstained=_rounded(fmean(label.said is None for label in labels)) if labels else None,
        quotes_valid=_rounded(sum(one.valid for one in rated) / quotes) if quotes else None,
    )


def _kappa(labels: Sequence[Label]) -> float | None:
    return _rounded(agreement.weighted_kappa([label.truth for label in labels], [label.counted for label in labels]))


def _means(rated: Sequence[Rated]) -> tuple[list[float], list[float]]:
    """Each interview's mean level, the true one and ours."""
    some = [one.labels for one in rated if one.labels]
    return [fmean(label.truth for label in one) for one in some], [
        fmean(label.counted for label in one) for one in some
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
