"""Published plans, remembered by the process: triggers hold that a published version never changes."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from core import tenancy
from interviews.models import Competency, JobVersion, Question

REMEMBERED = 500  # versions of all tenants


@dataclass(frozen=True, slots=True)
class Plan:
    """A version with its questions and competencies in their order; `keys` names the competencies of a question.

    `requirements` is what the job asks for, "name: definition" of each competency, the heaviest first: there is no
    other text about a job that it could be taken from, and it never changes with a published version.
    """

    version: JobVersion
    questions: tuple[Question, ...]
    competencies: tuple[Competency, ...]
    keys: dict[UUID, tuple[str, ...]]
    requirements: tuple[str, ...]

    def question(self, question_id: UUID | None) -> Question | None:
        return next((one for one in self.questions if one.pk == question_id), None)

    def after(self, question: Question | None) -> tuple[Question, ...]:
        """The questions to come after this one; none after none."""
        return tuple(one for one in self.questions if question is not None and one.position > question.position)


def of(version_id: UUID) -> Plan:
    """The plan of a published version."""
    return _read(tenancy.schema(), version_id)


@lru_cache(REMEMBERED)
def _read(schema: str, version_id: UUID) -> Plan:
    version = JobVersion.objects.get(pk=version_id, published_at__isnull=False)
    questions = tuple(version.questions.prefetch_related("competencies"))
    keys = {one.pk: tuple(competency.key for competency in one.competencies.all()) for one in questions}
    competencies = tuple(version.competencies.all())
    heaviest = sorted(competencies, key=lambda one: -one.weight)
    requirements = tuple(f"{one.name}: {one.definition}" for one in heaviest)
    return Plan(version, questions, competencies, keys, requirements)
