"""What a model would be asked, for the tests of the evaluator."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

from interviews.services import prompts
from interviews.services.evaluation import inquiry, model, readable
from interviews.services.evaluation.inquiry import Inquiry
from interviews.services.evaluation.types import Answer, CompetencyText


def plan(competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> tuple[Inquiry, ...]:
    """About these competencies, in an English interview whose questions are meant for some."""
    return inquiry.plan(competencies, readable.sort(competencies, answers, "en", mapped=True))


def worded_like_the_shipped(version: str) -> AbstractContextManager[Any]:
    """In the block this old prompt has a wording for each pass, and can be tried."""
    own = prompts.wordings
    return mock.patch.object(prompts, "wordings", lambda name: own(model.PROMPT if name == version else name))
