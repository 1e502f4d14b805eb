"""A summary of a resume's visible text: by a model, and where none can be asked by its headings, dates and words."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from interviews.services.evaluation.lexicon import lexicon
from interviews.services.resume_summaries import clearing, matching, model, sections
from interviews.services.resume_summaries.lines import data, lines
from interviews.services.resume_summaries.types import MOST_QUOTES, Entry, Place, Requirement, Summary
from llm import gateway
from llm.policy import TenantPolicy

CODE = "1"  # of this folder; a change that gives other summaries is a new one

NEVER_BETTER = frozenset({"not_configured", "too_long"})  # kinds of llm.gateway.Unavailable

log = structlog.get_logger()


def recipe(mode: str) -> str:
    """What a summary in this mode is made with: the same text and requirements give the same one."""
    if mode == "model":
        return f"{model.PROMPT}/{CODE}"
    return f"{data()['version']}/{lexicon().version}/{CODE}"


def summarise(
    text: str, wanted: Sequence[Requirement], *, policy: TenantPolicy, known: tuple[str, ...], subject_id: UUID
) -> Summary:
    """The summary of a visible text; whatever in it speaks to an evaluator is kept out of everything.

    Hold no transaction: calls go over the network.
    """
    left_out = clearing.left_out(text)
    cleared, trouble = clearing.blanked(text, left_out), ""
    if gateway.mode(policy) == "model" and cleared.strip():
        try:
            found = _by_model(cleared, wanted, policy=policy, known=known, subject_id=subject_id)
            return replace(found, left_out=left_out)
        except gateway.Unavailable as reason:
            log.warning("resume_summarised_in_basic_mode", reason=reason.kind)
            trouble = "" if reason.kind in NEVER_BETTER else reason.kind
    return replace(_basic(cleared, wanted), left_out=left_out, trouble=trouble)


def _by_model(text: str, wanted: Sequence[Requirement], **how: Any) -> Summary:
    found, name = model.read(text, wanted, **how)
    return Summary(
        sections={section: tuple(entries) for section, entries in found.sections.items()},
        requirements={key: tuple(sorted(places[:MOST_QUOTES])) for key, places in found.requirements.items()},
        dropped={reason: count for reason, count in sorted(found.dropped.items()) if count},
        mode="model",
        recipe=recipe("model"),
        model=name,
    )


def _basic(text: str, wanted: Sequence[Requirement]) -> Summary:
    found = lines(text)
    return Summary(
        sections=sections.sections(found),
        requirements=matching.requirements(found, wanted),
        mode="basic",
        recipe=recipe("basic"),
    )


def to_json(summary: Summary) -> str:
    """What is kept of a summary: places only, in one canonical text."""
    kept = {
        "sections": {
            name: [{"labels": dict(entry.labels), "quotes": entry.quotes} for entry in entries]
            for name, entries in summary.sections.items()
        },
        "requirements": summary.requirements,
        "left_out": summary.left_out,
        "dropped": summary.dropped,
    }
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def from_json(text: str | None) -> Summary:
    """What `to_json` kept; a summary that is ready has it."""
    assert text is not None
    kept = json.loads(text)
    return Summary(
        sections={name: tuple(map(_entry, entries)) for name, entries in kept["sections"].items()},
        requirements={key: _places(places) for key, places in kept["requirements"].items()},
        left_out=_places(kept["left_out"]),
        dropped=kept["dropped"],
    )


def _entry(kept: dict[str, Any]) -> Entry:
    return Entry({name: (place[0], place[1]) for name, place in kept["labels"].items()}, _places(kept["quotes"]))


def _places(kept: Sequence[Sequence[int]]) -> tuple[Place, ...]:
    return tuple((start, end) for start, end in kept)
