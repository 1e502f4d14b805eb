"""What the linter says about a plan."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error must not be asked, or can't be rated; a warning costs evidence; a hint is worth a look."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to change. It is about a question (its position, from 1), a competency (its key), or else the plan.

    `start` and `end` are the words that it is about, in code points of the question's text; None where it has none.
    """

    code: str
    severity: Severity
    message: str
    question: int | None = None
    competency: str = ""
    start: int | None = None
    end: int | None = None


def errors(remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
    """Those that have to be mended before anybody is asked these questions."""
    return tuple(remark for remark in remarks if remark.severity is Severity.ERROR)
