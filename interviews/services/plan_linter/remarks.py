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

    `field` is the part of it: title, location, intro, name, definition, anchor_1 to anchor_5, weight, a number of the
    plan, or a follow-up by its kind; "" is the question's text, or the whole. `start` and `end` are the words that it
    is about, in code points of that text; None where it has none.
    """

    code: str
    severity: Severity
    message: str
    question: int | None = None
    competency: str = ""
    start: int | None = None
    end: int | None = None
    field: str = ""


def errors(remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
    """Those that have to be mended before anybody is asked these questions."""
    return tuple(remark for remark in remarks if remark.severity is Severity.ERROR)
