"""The model path as something to measure: one model alone, on the platform's account, with nobody's interview.

Equal questions are asked once: what a model answered is kept for as long as evaluations' answers are, so that two runs
within that time have the same figures and the second costs nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from core.ids import uuid7
from interviews.services.evaluation import model
from interviews.services.evaluation.readable import Readable
from interviews.services.evaluation.types import Answer, CompetencyText, EvaluationContext, Rating
from llm import pinning, spent
from llm.answers import Usage
from llm.gateway import Completion
from llm.policy import PLATFORM, TenantPolicy
from llm.spent import Spent

FEATURE = "evaluation"
Rate = Callable[[Sequence[CompetencyText], Sequence[Answer]], Sequence[Rating]]
Messages = list[dict[str, str]]
Schema = dict[str, Any]


class UnknownPrompt(LookupError):
    """This release has no such prompt of evaluations."""


class TooManyCalls(Exception):
    """The run would ask a model more often than was allowed; nothing was asked."""


@dataclass(slots=True)
class ByModel:
    """Rates with the model path. `answered` are the models that did; `run_id` is what the ledger finds its calls by."""

    policy: TenantPolicy
    prompt: str
    run_id: UUID = field(default_factory=uuid7)
    answered: set[str] = field(default_factory=set)
    _said: dict[str, Completion] = field(default_factory=dict)

    @property
    def pinned(self) -> str:
        """The one model that is asked, as "account/model"."""
        return next(iter(self.policy.models))

    @property
    def has_price(self) -> bool:
        """Whether it is known what its answers cost, those too that are kept from before."""
        return pinning.has_price(self.pinned)

    def rate(self, competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> Sequence[Rating]:
        """:raises llm.gateway.Unavailable: if the model could not be asked."""
        found = _readable(answers)
        outputs = model.ask(competencies, found, call=self._once, prompt=self.prompt)
        self.answered |= {output.model for output in outputs}
        return model.ratings(competencies, found, outputs)

    def _once(self, messages: Messages, schema: Schema) -> Completion:
        """What the model says to this, asked the first time alone: without Redis too a run has the calls it planned."""
        question = _as_text(messages, schema)
        if question not in self._said:
            context = EvaluationContext(interview_id=self.run_id, known=())
            self._said[question] = model.caller(self.policy, context, self.prompt)(messages, schema)
        return self._said[question]

    def spent(self) -> Spent:
        return spent.by(self.run_id)


def with_model(name: str = "", prompt: str = "") -> ByModel:
    """The model path with this model alone and this prompt: where none is named, with those that rate candidates.

    :raises UnknownPrompt: with nothing asked.
    :raises llm.pinning.NotUsable: if no call can go to that model.
    """
    chosen = prompt or model.PROMPT
    if not model.known(chosen):
        raise UnknownPrompt(_("There is no prompt %(name)s.") % {"name": chosen})
    return ByModel(pinning.to(TenantPolicy(schema=PLATFORM), name, feature=FEATURE), chosen)


def planned(rating: Callable[[Rate], object], prompt: str) -> int:
    """How many different questions `rating` asks a model, none of which is asked now."""
    questions: set[str] = set()

    def noted(messages: Messages, schema: Schema) -> Completion:
        questions.add(_as_text(messages, schema))
        return Completion("", None, "", Usage(), 0, uuid4())

    def rate(competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> Sequence[Rating]:
        model.ask(competencies, _readable(answers), call=noted, prompt=prompt)
        return [Rating(one.key, None, Decimal(0), "", "", ()) for one in competencies]

    rating(rate)
    return len(questions)


def within(planned_calls: int, most_calls: int) -> None:
    """:raises TooManyCalls: if more calls are planned than may be made."""
    if planned_calls > most_calls:
        raise TooManyCalls(
            _("Up to %(planned)d calls of a model: more than --most-calls %(most)d. Nothing was asked.")
            % {"planned": planned_calls, "most": most_calls}
        )


def _readable(answers: Sequence[Answer]) -> Readable:
    """All of them: what is measured is what a model makes of answers, not whether they can be read."""
    return Readable(tuple(answers), {}, mapped=any(answer.competency_keys for answer in answers))


def _as_text(messages: Messages, schema: Schema) -> str:
    return json.dumps([messages, schema], sort_keys=True)
