"""What a summary of a resume is: places of its visible text, and nothing that is not written there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[int, int]  # text[start:end], in code points

ROLES, EDUCATION, SKILLS, LANGUAGES, PROJECTS = "roles", "education", "skills", "languages", "projects"
SECTIONS = (ROLES, EDUCATION, SKILLS, LANGUAGES, PROJECTS)
LABELS = {  # what is said about an entry, beside its quotes
    ROLES: ("title", "employer", "dates"),
    EDUCATION: ("title", "school", "dates"),
    SKILLS: ("title",),
    LANGUAGES: ("title",),
    PROJECTS: ("title", "dates"),
}
MOST_ENTRIES = {ROLES: 20, EDUCATION: 10, SKILLS: 60, LANGUAGES: 15, PROJECTS: 20}
MOST_QUOTES = 4  # of an entry, and of a requirement


@dataclass(frozen=True, slots=True)
class Requirement:
    """A competency of the job, as a requirement."""

    key: str
    name: str
    definition: str
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A role, a school, a skill: where its labels stand, and the words that show it."""

    labels: Mapping[str, Place]
    quotes: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """`sections` by name; `requirements` key -> the places that speak to it, none where nothing does.

    `left_out` are places that speak to whoever evaluates instead of about the work; no part of the rest comes from
    there. `dropped` counts what a model said and the text does not hold: reason -> how often. `mode` is model or basic;
    `trouble` is why a model was asked in vain.
    """

    sections: Mapping[str, tuple[Entry, ...]]
    requirements: Mapping[str, tuple[Place, ...]]
    left_out: tuple[Place, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    mode: str = "basic"
    recipe: str = ""
    model: str = ""
    trouble: str = ""
