"""What a model would be asked, for the tests of the evaluator."""

from collections.abc import Sequence

from interviews.services.evaluation import inquiry, readable
from interviews.services.evaluation.inquiry import Inquiry
from interviews.services.evaluation.types import Answer, CompetencyText


def plan(competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> tuple[Inquiry, ...]:
    """About these competencies, in an English interview whose questions are meant for some."""
    return inquiry.plan(competencies, readable.sort(competencies, answers, "en", mapped=True))
