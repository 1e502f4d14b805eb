"""What drafting takes and gives: plain data, no models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from interviews.services.jobs import CompetencyPlan, JobPlan
from interviews.services.plan_linter import Remark

Anchors = tuple[str, str, str, str, str]


class LibraryQuestion(Protocol):
    """A question of the library; `follow_ups` maps kinds of follow-up to their words."""

    @property
    def text(self) -> str: ...
    @property
    def follow_ups(self) -> Mapping[str, str]: ...


class LibraryCompetency(Protocol):
    """A competency of the library; `matches` are the phrases of a job description that speak for it."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def definition(self) -> str: ...
    @property
    def dimension(self) -> str: ...
    @property
    def anchors(self) -> Sequence[str]: ...
    @property
    def questions(self) -> Sequence[LibraryQuestion]: ...
    @property
    def matches(self) -> Sequence[str]: ...


class Library(Protocol):
    """What competencies are chosen from, in an order that never changes within a version of it."""

    @property
    def competencies(self) -> Sequence[LibraryCompetency]: ...


@dataclass(frozen=True, slots=True)
class Why:
    """Words of the description that speak for a competency: `description[start:end]`, in code points."""

    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """A core question and, by their kind, the follow-ups that were written for it."""

    text: str
    competency: str
    follow_ups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A competency that may come into the plan. `score` says how much speaks for it; only its proportion counts."""

    key: str
    name: str
    definition: str
    dimension: str
    anchors: Anchors
    questions: tuple[DraftQuestion, ...]
    why: tuple[Why, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """A competency of the plan, in words why it was chosen, and where the description says so."""

    competency: CompetencyPlan
    reason: str
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the plan is made within."""

    title: str
    minutes: int
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """A plan for a person to change and publish; nothing is stored. `plan` is None where nothing matched.

    :param questions: those of the plan in its order, with their follow-ups.
    :param remarks: what the linter says about the plan; no errors.
    :param source: whose draft it is: model, or basic (from the library).
    :param dropped: what of the material was not used: reason -> how often.
    :param trouble: why the library took the model's place; "" where it did not, or where no model is configured.
    """

    plan: JobPlan | None
    chosen: tuple[Chosen, ...]
    questions: tuple[DraftQuestion, ...]
    remarks: tuple[Remark, ...]
    source: str
    dropped: Mapping[str, int]
    trouble: str = ""

    @property
    def matched(self) -> bool:
        """Whether anything in the description spoke for a competency."""
        return self.plan is not None
