"""What is saved against: one frontier model for everything, with the long prompt and the whole history."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from interviews.services.evaluation.types import CompetencyText
from tests.load.transcripts import COMPANY, Transcript

FOLDER = Path(__file__).parent


@cache
def _text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


def turn(transcript: Transcript, number: int) -> list[dict[str, str]]:
    """Guidelines, the full job text and the background, then everything that was said up to this answer."""
    system = "\n\n".join([_text("guidelines").format(company=COMPANY), _job(transcript), _background(transcript)])
    messages = [{"role": "system", "content": system}]
    for said in transcript.said[: number + 1]:
        messages += [{"role": "assistant", "content": said.question}, {"role": "user", "content": said.answer}]
    return messages


def evaluation(transcript: Transcript, competency: CompetencyText) -> list[dict[str, str]]:
    """Guidelines, job, background and one scale, then the whole transcript."""
    scale = "\n".join(f"{level}: {anchor}" for level, anchor in enumerate(competency.anchors, 1) if anchor)
    system = _text("evaluation").format(
        job=_job(transcript),
        background=_background(transcript),
        name=competency.name,
        definition=competency.definition,
        scale=scale,
    )
    lines = [
        f"Interviewer: {said.question}\nA{number}: {said.answer}" for number, said in enumerate(transcript.said, 1)
    ]
    return [{"role": "system", "content": system}, {"role": "user", "content": "Transcript\n\n" + "\n\n".join(lines)}]


def _job(transcript: Transcript) -> str:
    """The full text: what the scales are about is what the job asks for."""
    duties = "\n".join(f"- {one.name}: {one.definition}" for one in transcript.job.competencies)
    return _text("job").format(title=transcript.title, company=COMPANY, duties=duties)


def _background(transcript: Transcript) -> str:
    return _text("background").format(title=transcript.title)
