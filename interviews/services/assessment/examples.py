"""The example answers of the competency library: interviews of one answer, each rated for its own competency alone."""

from decimal import Decimal
from uuid import UUID

from interviews.services.assessment.dataset import Known
from interviews.services.competency_library import LibraryCompetency, library
from interviews.services.evaluation.types import Answer, CompetencyText

LEVELS = (1, 1, 3, 5, 5)  # five levels as the three of the data, as in measuring.label_of
TURN = UUID(int=1)


def interviews() -> tuple[list[Known], dict[str, tuple[CompetencyText, ...]]]:
    """One for each example, and role -> competencies as in a data set; the role is "library KEY"."""
    found = [known for competency in library().competencies for known in _of(competency)]
    return found, {_role(one): (text_of(one),) for one in library().competencies}


def _of(competency: LibraryCompetency) -> list[Known]:
    question = competency.questions[0].text
    return [
        Known(
            name=f"{competency.key} {place}",
            role=_role(competency),
            answers=(Answer(TURN, question, example, (competency.key,)),),
            levels={competency.key: level},
        )
        for place, (example, level) in enumerate(zip(competency.examples, LEVELS, strict=True), start=1)
    ]


def _role(competency: LibraryCompetency) -> str:
    return f"library {competency.key}"


def text_of(competency: LibraryCompetency) -> CompetencyText:
    """A competency of the library as evaluators take it."""
    low, below, middle, above, high = competency.anchors
    anchors = (low, below, middle, above, high)
    return CompetencyText(
        competency.key, competency.name, competency.definition, anchors, competency.dimension, Decimal(1)
    )
