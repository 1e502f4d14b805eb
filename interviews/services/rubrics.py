"""The version of a scorecard, and which scores may be ranked together.

MAJOR grows when what is rated changes (the competencies, their names, definitions, dimensions or anchors), MINOR when
the weights, the thresholds or the coverage floor do, PATCH with everything else of the plan. The hash is over all that
MAJOR and MINOR stand for, so an old scorecard that is published again has a new number and its old hash.

A row that was published before there were these columns never changes; its version is worked out from the job's
history whenever it is asked for.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from interviews.models import JobVersion

FIRST = "1.0.0"
SHOWN = 12  # characters of the hash in a label


class Scale(Protocol):
    """A competency, of a plan or of a version."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def definition(self) -> str: ...
    @property
    def dimension(self) -> str: ...
    @property
    def weight(self) -> Decimal: ...
    @property
    def anchors(self) -> tuple[str, str, str, str, str]: ...


class Bars(Protocol):
    """What a plan and a version both say about the sum."""

    @property
    def threshold_hire(self) -> Decimal: ...
    @property
    def threshold_maybe(self) -> Decimal: ...
    @property
    def coverage_floor(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Content:
    """A scorecard by its hashes: `scales` of what is rated, `whole` of that with weights, thresholds and floor."""

    scales: str
    whole: str


@dataclass(frozen=True, slots=True)
class Rubric:
    """A scorecard with its number; `content` says what it is."""

    version: str
    content: Content

    @property
    def label(self) -> str:
        return f"{self.version}+{self.content.whole[:SHOWN]}"


def content_of(scales: Iterable[Scale], bars: Bars) -> Content:
    """What a scorecard is, whatever the order of its competencies and the white space of its words."""
    listed = sorted(scales, key=lambda one: one.key)
    rated = [[one.key, *map(_words, (one.name, one.definition, *one.anchors)), str(one.dimension)] for one in listed]
    weights = [[one.key, _number(one.weight)] for one in listed]
    sums = [_number(value) for value in (bars.threshold_hire, bars.threshold_maybe, bars.coverage_floor)]
    return Content(_hash(rated), _hash([rated, weights, sums]))


def after(previous: Rubric | None, content: Content) -> Rubric:
    """The next rubric of a job."""
    if previous is None:
        return Rubric(FIRST, content)
    major, minor, patch = map(int, previous.version.split("."))
    if content.scales != previous.content.scales:
        return Rubric(f"{major + 1}.0.0", content)
    if content.whole != previous.content.whole:
        return Rubric(f"{major}.{minor + 1}.0", content)
    return Rubric(f"{major}.{minor}.{patch + 1}", content)


def of_job(job_id: UUID) -> dict[UUID, Rubric]:
    """The rubric of each version of a job that is published, oldest first, in two queries."""
    versions = JobVersion.objects.filter(job=job_id, published_at__isnull=False)
    found: dict[UUID, Rubric] = {}
    previous: Rubric | None = None
    for version in versions.order_by("number").prefetch_related("competencies"):
        worked_out = after(previous, content_of(version.competencies.all(), version))
        previous = Rubric(version.rubric_version or worked_out.version, worked_out.content)
        found[version.pk] = previous
    return found


def of(version: JobVersion) -> Rubric:
    """The rubric of a published version; cheap where the row names it."""
    if not version.rubric_version:
        return of_job(version.job_id)[version.pk]
    return Rubric(version.rubric_version, content_of(version.competencies.all(), version))


def label(version: JobVersion) -> str:
    """How a rating names its rubric: number and the beginning of the hash, "2.1.0+3f9a1c0b2d4e"."""
    return f"{version.rubric_version}+{version.rubric_hash[:SHOWN]}" if version.rubric_hash else of(version).label


def comparable(one: Rubric, other: Rubric) -> bool:
    """Whether scores by these may be ranked together: what is rated, the weights and the bars are all the same."""
    return one.content.whole == other.content.whole


def _words(text: str) -> str:
    return " ".join(text.split())


def _number(value: Decimal) -> str:
    return f"{Decimal(value).normalize():f}"


def _hash(value: Sequence[Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
