"""The model's draft: what to rate in one call, its questions in a second; nothing of it is taken unchecked.

A competency stands when its reasons are words of the description, its five anchors differ, and a question of it
passes the linter. What fails is dropped and counted.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils.text import slugify

from interviews.services import prompts
from interviews.services.drafting import judging
from interviews.services.drafting.choosing import FEWEST, MOST
from interviews.services.drafting.described import Described
from interviews.services.drafting.types import Candidate, DraftQuestion, Frame, Why
from interviews.services.interviewer.types import KINDS
from llm import gateway, nonce
from llm.policy import TenantPolicy

FEATURE = "question_drafts"
PROMPT, QUESTIONS_PROMPT = "drafting.v1", "drafting_questions.v1"
SECONDS = 45.0  # for both calls: a person waits for the page, and proxies give up after a minute
MAX_TOKENS = 2000
MOST_WHY = 3
LONGEST_KEY = 60
LONGEST_NAME = 80  # characters, as all lengths
LONGEST_SENTENCE = 300
LONGEST_QUESTION = 300


class TooLittle(Exception):
    """Too few of the model's competencies stood up to the checks."""


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _object(**properties: Any) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _list(item: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "maxItems": most, "items": item}


COMPETENCY = _object(
    name=_text(LONGEST_NAME),
    definition=_text(LONGEST_SENTENCE),
    dimension={"enum": ["technical", "communication", "values"]},
    importance={"type": "integer", "minimum": 1, "maximum": 10},
    why=_list(_text(LONGEST_SENTENCE), 1, MOST_WHY),
    anchors=_list(_text(LONGEST_SENTENCE), 5, 5),
)
QUESTION = _object(
    competency=_text(8),
    text=_text(LONGEST_QUESTION),
    follow_ups=_object(**{kind: _text(LONGEST_QUESTION) for kind in KINDS}),
)
SCHEMA = _object(competencies=_list(COMPETENCY, FEWEST, MOST))
QUESTIONS_SCHEMA = _object(questions=_list(QUESTION, 1, 2 * MOST))


def candidates(described: Described, frame: Frame, policy: TenantPolicy, dropped: Counter[str]) -> list[Candidate]:
    """What the model proposes and the checks leave; `dropped` counts what they don't.

    :raises llm.gateway.Unavailable: if it can't be asked or its output is broken.
    :raises TooLittle: if fewer than FEWEST competencies with a question stand.
    """
    deadline = time.monotonic() + SECONDS
    said = _ask(policy, PROMPT, _description(described), SCHEMA, deadline)
    found = _standing(said["competencies"], described, frame, dropped)
    if len(found) < FEWEST:
        raise TooLittle(f"{len(found)} competencies stand.")
    written = _ask(policy, QUESTIONS_PROMPT, _competencies(found), QUESTIONS_SCHEMA, deadline)
    asked = [one for one in _with_questions(found, written["questions"], frame, dropped) if one.questions]
    dropped["no_question"] += len(found) - len(asked)
    if len(asked) < FEWEST:
        raise TooLittle(f"{len(asked)} competencies have a question.")
    return asked


def _ask(policy: TenantPolicy, prompt: str, data: str, schema: dict[str, Any], deadline: float) -> dict[str, Any]:
    messages = [{"role": "system", "content": prompts.load(prompt)}, {"role": "user", "content": data}]
    completion = gateway.complete(
        feature=FEATURE,
        policy=policy,
        messages=messages,
        schema=schema,
        max_tokens=MAX_TOKENS,
        prompt_version=prompt,
        deadline=deadline,
    )
    return completion.parsed or {}


def _description(described: Described) -> str:
    """The description as data behind a mark."""
    return _between("DESCRIPTION", [{"description": described.text}])


def _competencies(found: Sequence[Candidate]) -> str:
    """What the model proposed is data too: it was written from a text that nobody vouches for."""
    return _between("COMPETENCIES", [_row(place, one) for place, one in enumerate(found)])


def _row(place: int, one: Candidate) -> dict[str, str]:
    return {"id": _id(place), "name": one.name, "definition": one.definition, "best": one.anchors[4]}


def _between(name: str, rows: Sequence[dict[str, str]]) -> str:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return "\n".join([f"{name} {nonce.PLACEHOLDER}", *lines, f"END {nonce.PLACEHOLDER}"])


def _id(place: int) -> str:
    return f"C{place + 1}"


def _standing(
    said: Sequence[dict[str, Any]], described: Described, frame: Frame, dropped: Counter[str]
) -> list[Candidate]:
    """The proposed competencies that pass, each with a key of its own."""
    found: dict[str, Candidate] = {}
    for one in said:
        candidate = _candidate(one, described)
        fault = judging.fault_of(candidate, list(found.values()), frame.jurisdiction)
        if fault:
            dropped[fault] += 1
        else:
            found[candidate.key] = candidate
    return list(found.values())


def _candidate(said: dict[str, Any], described: Described) -> Candidate:
    one, two, three, four, five = (" ".join(anchor.split()) for anchor in said["anchors"])
    name = " ".join(said["name"].split())
    return Candidate(
        key=slugify(name).replace("-", "_")[:LONGEST_KEY].strip("_"),
        name=name,
        definition=" ".join(said["definition"].split()),
        dimension=said["dimension"],
        anchors=(one, two, three, four, five),
        questions=(),
        why=tuple(_quoted(said["why"], described)),
        score=float(said["importance"]),
    )


def _quoted(said: Sequence[str], described: Described) -> Iterator[Why]:
    """Those that stand in the description, each place once."""
    places = set()
    for words in said:
        why = described.quoted(words)
        if why is not None and why not in places:
            places.add(why)
            yield why


def _with_questions(
    found: Sequence[Candidate], written: Sequence[dict[str, Any]], frame: Frame, dropped: Counter[str]
) -> Iterator[Candidate]:
    """Each with those of its questions that pass."""
    known = {_id(place): one for place, one in enumerate(found)}
    dropped["unknown_competency"] += sum(row["competency"] not in known for row in written)
    before: list[str] = []
    for key, one in known.items():
        questions = [_question(row, one.key) for row in written if row["competency"] == key]
        kept = []
        for question in questions:
            fault = judging.fault_of_question(question.text, before, frame.jurisdiction)
            if fault:
                dropped[fault] += 1
                continue
            before.append(question.text)
            kept.append(judging.with_good_follow_ups(question, frame.jurisdiction, dropped))
        yield replace(one, questions=tuple(kept))


def _question(said: dict[str, Any], key: str) -> DraftQuestion:
    follow_ups = {kind: " ".join(text.split()) for kind, text in said["follow_ups"].items()}
    return DraftQuestion(" ".join(said["text"].split()), key, follow_ups)
