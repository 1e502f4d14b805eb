"""Transcripts of interviews as Candor and the baseline would have held them: what each model call is made of.

`--dataset FOLDER` holds *.jsonl or *.jsonl.gz and rubrics.json (interviews/data/README.md); without it the shipped
candidates are used. A question in a transcript is a core question of a job that is made of the role's rubric; which
competency it was meant for goes round. Follow-ups stay within the caps that a job has by default.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from interviews.services.conversation import RECENT_TURNS
from interviews.services.evaluation.types import Answer, CompetencyText
from interviews.services.interviewer import Exchange, TurnContext, coverage
from interviews.services.jobs import JobPlan
from interviews.services.simulation import dataset, setup
from tests.stack import ROOT

SHIPPED = ROOT / "interviews" / "data"
COMPANY = "Northwind"
TITLES = {"gd": "Graphic designer", "ml": "Machine-learning engineer"}  # of roles that are abbreviated


@dataclass(frozen=True, slots=True)
class Said:
    """An exchange, and the interviewer's message that followed the answer ("" after the last one)."""

    question: str
    answer: str
    followed: str


@dataclass(frozen=True, slots=True, eq=False)
class Transcript:
    """An interview for a job that was made of its role's rubric."""

    name: str
    title: str
    job: JobPlan
    said: tuple[Said, ...]

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE_URL, self.name)

    def competencies(self) -> list[CompetencyText]:
        return [
            CompetencyText(one.key, one.name, one.definition, one.anchors, one.dimension, one.weight)
            for one in self.job.competencies
        ]

    def keys(self, number: int) -> tuple[str, ...]:
        """What the question of this number was meant for."""
        return (self.job.competencies[number % len(self.job.competencies)].key,)

    def answers(self) -> list[Answer]:
        """As the evaluator gets them."""
        return [
            Answer(self.turn_id(number), said.question, said.answer, self.keys(number))
            for number, said in enumerate(self.said)
        ]

    def turn_id(self, number: int) -> UUID:
        return uuid5(self.id, str(number))

    def contexts(self) -> Iterator[TurnContext]:
        """As the interviewer gets them, one for each answer."""
        asked = 0
        for number in range(len(self.said)):
            wanted = self._wanted(number, asked)
            asked += bool(wanted.kinds)
            yield self._context(number, wanted)

    def _wanted(self, number: int, asked: int) -> Any:
        standing = coverage.Standing(
            question=self.said[number].question,
            keys=self.keys(number),
            asked_kinds=frozenset(),
            left=self.job.max_probes,
            left_in_interview=self.job.max_probes_interview - asked,
            to_come=tuple(self.keys(later) for later in range(number + 1, len(self.said))),
        )
        return coverage.wanted(self.competencies(), self.answers()[: number + 1], standing)

    def _context(self, number: int, wanted: Any) -> TurnContext:
        recent, to_come = self.said[max(0, number + 1 - RECENT_TURNS) : number + 1], self.said[number + 1 :]
        return TurnContext(
            interview_id=self.id,
            turn_id=self.turn_id(number),
            job_title=self.title,
            company=COMPANY,
            requirements=tuple(f"{one.name}: {one.definition}" for one in self.job.competencies),
            candidate_names=(),
            recent=tuple(Exchange(said.question, said.answer) for said in recent),
            questions=tuple(said.question for said in self.said),
            next_question=to_come[0].question if to_come else None,
            wanted=wanted,
            jurisdiction="",
            language="en",
        )


def read(folder: Path | None, interviews: int = 0) -> list[Transcript]:
    """The transcripts of a folder, in turn from each of its files; so many of them, or all."""
    place = folder or SHIPPED
    paths = sorted(path for path in place.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))
    each = [list(_of_file(path)) for path in paths]
    found = [one for row in range(max(map(len, each))) for file in each for one in file[row : row + 1]]
    return found[: interviews or len(found)]


def _of_file(path: Path) -> Iterator[Transcript]:
    dataset.read(path)  # refuses what is no data set, with the line and the reason
    rubrics = dataset.read_rubrics(path)
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for row in (json.loads(line) for line in lines if line.strip()):
            role = row["role"]
            job = setup.plan(role, rubrics[role])
            title = TITLES.get(role, role.replace("_", " ").capitalize())
            yield Transcript(row["interview"], title, _with_probes(job), tuple(_said(row["turns"])))


def _with_probes(job: JobPlan) -> JobPlan:
    """A simulated job has no follow-ups; a job has as many as it gets by default."""
    return JobPlan(job.slug, job.title, job.competencies, job.questions)


def _said(turns: list[dict[str, str]]) -> Iterator[Said]:
    """The exchanges: what stood before an answer is its question."""
    spoken = [(turn["role"], turn["message"].strip()) for turn in turns]
    for place, (role, message) in enumerate(spoken):
        if role == "applicant":
            before = next((text for who, text in reversed(spoken[:place]) if who == "interviewer"), "")
            after = next((text for who, text in spoken[place + 1 :] if who == "interviewer"), "")
            yield Said(before, message, after)
