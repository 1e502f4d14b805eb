"""The calls of an interview: what is sent, and what is assumed to be answered.

Answers are the same for both sides, because nobody knows what a model would have said: a rating is about 250 tokens
(three quotes, two sentences, what is missing), a reply the transcript's own next message for the baseline and a
neutral text of the mean length of those for Candor, in its JSON. Tokens that a model spends on thinking are left out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock
from uuid import UUID

from interviews.services import evaluation, interviewer
from interviews.services.evaluation.types import EvaluationContext
from interviews.services.interviewer import TurnContext
from interviews.services.interviewer.speaking import Speaker
from llm import experiments, gateway
from llm.answers import Usage
from llm.gateway import Completion
from llm.policy import TenantPolicy
from tests.load import baseline
from tests.load.provider import asked_tokens, tokens
from tests.load.transcripts import Transcript

TURN, RATING = "interview_turn", "evaluation"
SECONDS = 60.0  # that a call may take
REPLY = (
    "Thank you, you described what you did in this part of your work, and what you told us about it is noted here. "
    "Thank you, your answer about this is saved with the others, and the next question about another topic follows."
)
CLOSING = "Thank you for your time and for all of your answers. That was the last question of this interview."
RATIONALE = (
    "The quoted passages describe a concrete action with its reason in the candidate's own work, which is what the "
    "description of this level asks for, and they say in part how the result was checked afterwards."
)
NOT_COVERED = "The answers do not show how alternatives were weighed against each other before a decision was taken."
QUOTES, BRIEF_QUOTES, QUOTED = 3, 2, 160  # of so many characters


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a model. `complexity` is what Candor routes by."""

    feature: str
    complexity: str
    body: dict[str, Any]  # as asked_tokens counts it
    answer: str

    @property
    def tokens_in(self) -> int:
        return asked_tokens(self.body)

    @property
    def tokens_out(self) -> int:
        return tokens(self.answer)


def deadline() -> float:
    return time.monotonic() + SECONDS


def reply() -> str:
    """Candor's answer to a turn."""
    return json.dumps({"text": REPLY, "probe": None})


def rating(transcript: Transcript, wanted: Container[str] = evaluation.model.SCHEMA["properties"]) -> str:
    """A rating with quotes from the first answers, for both sides; `wanted` are the keys that were asked for."""
    quotes = [
        {"answer": f"A{number}", "text": said.answer[:QUOTED]}
        for number, said in enumerate(transcript.said[:QUOTES], 1)
    ]
    found: dict[str, Any] = {
        "quotes": quotes,
        "counter_evidence": [],
        "not_covered": NOT_COVERED,
        "rationale": RATIONALE,
    }
    found |= {"level": 3, "confidence": 0.7}
    if "rationale" not in wanted:
        found["quotes"] = quotes[:BRIEF_QUOTES]
    return json.dumps({name: value for name, value in found.items() if name in wanted}, ensure_ascii=False)


@cache
def of_baseline(transcript: Transcript) -> list[Call]:
    """A call for each answer, and one for each competency over the whole transcript."""
    turns = [
        Call(TURN, "simple", {"messages": baseline.turn(transcript, number)}, said.followed or CLOSING)
        for number, said in enumerate(transcript.said)
    ]
    ratings = [
        Call(RATING, "complex", {"messages": baseline.evaluation(transcript, competency)}, rating(transcript))
        for competency in transcript.competencies()
    ]
    return turns + ratings


@cache
def of_candor(transcript: Transcript) -> list[Call]:
    """What Candor's services ask of the gateway, which only takes notes."""
    calls: list[Call] = []
    with _noted(calls, transcript):
        for context in transcript.contexts():
            ask_turn(context, TenantPolicy(schema="costs"))
        ask_rating(transcript, TenantPolicy(schema="costs"), transcript.id)
    return calls


@cache
def of_every_turn(transcript: Transcript) -> list[Call]:
    """The turns' calls if none were answered by a template."""
    calls: list[Call] = []
    with _noted(calls, transcript):
        for context in transcript.contexts():
            model_turn(context, TenantPolicy(schema="costs"))
    return calls


def ask_turn(context: TurnContext, policy: TenantPolicy) -> bool:
    """Let Candor reply; whether a model's words passed."""
    return interviewer.reply(context, policy=policy, deadline=deadline(), say=lambda *said: None).mode == "model"


def model_turn(context: TurnContext, policy: TenantPolicy) -> None:
    """Ask a model for the reply, also where a template would do."""
    interviewer.model.ask(context, policy=policy, deadline=deadline(), speaker=Speaker(context, lambda said: None))


def ask_rating(transcript: Transcript, policy: TenantPolicy, interview_id: UUID) -> None:
    """Let Candor rate the interview."""
    context = EvaluationContext(interview_id=interview_id, known=())
    call = evaluation.model.caller(policy, context)
    competencies, answers = transcript.competencies(), transcript.answers()
    mapped = any(answer.competency_keys for answer in answers)
    found = evaluation.readable.sort(competencies, answers, context.language, mapped=mapped)
    evaluation.model.ask(competencies, found, call=call)


@contextmanager
def _noted(calls: list[Call], transcript: Transcript) -> Iterator[None]:
    """The gateway notes each call and gives the assumed answer."""

    def complete(**asked: Any) -> Completion:
        answer = reply() if asked["feature"] == TURN else rating(transcript, asked["schema"]["properties"])
        calls.append(Call(asked["feature"], asked["complexity"], _body(asked), answer))
        return Completion(answer, json.loads(answer), "noted", Usage(), 0, UUID(int=0))

    def stream(listen: Callable[[dict[str, Any]], None], **asked: Any) -> Completion:
        return complete(**asked)

    with (
        mock.patch.object(gateway, "complete", complete),
        mock.patch.object(gateway, "stream", stream),
        mock.patch.object(gateway, "from_template", lambda **asked: None),
        mock.patch.object(gateway, "mode", lambda policy=None: "model"),
        mock.patch.object(experiments, "prompt_version", lambda feature, *, default, **_: default),
    ):
        yield


def _body(asked: dict[str, Any]) -> dict[str, Any]:
    """The request without what only the gateway adds; the schema counts, as providers count it."""
    schema = asked.get("schema")
    described = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    return {"messages": asked["messages"]} | ({"response_format": described} if schema else {})
