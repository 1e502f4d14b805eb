"""The summary by a model: it copies passages, and what does not stand in the text word for word is dropped and counted.

No word of the model's own is ever stored or shown: what remains of its answer are places of the resume.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from interviews.services import prompts
from interviews.services.evaluation import locate
from interviews.services.interviewer import phrases
from interviews.services.resume_summaries.lines import lines
from interviews.services.resume_summaries.types import (
    LABELS,
    LANGUAGES,
    MOST_ENTRIES,
    MOST_QUOTES,
    SECTIONS,
    SKILLS,
    Entry,
    Place,
    Requirement,
)
from llm import gateway, nonce
from llm.policy import TenantPolicy

FEATURE = "resume_analysis"
PROMPT = "resume_summary.v1"
SECONDS = 60.0  # a part
MAX_TOKENS = 2000
MOST_CHARACTERS = 6000  # of a part: a longer resume is asked about in parts, and nothing of it is cut
NEAR = 300  # characters between an entry's quotes and its labels: a title belongs to its own employer
SHORTEST_QUOTE = 12  # characters, of an entry's and a requirement's quotes
LISTS = (SKILLS, LANGUAGES)
BETWEEN = "\n\n"  # paragraphs

Find = Callable[[str], Iterator[Place]]


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _list(item: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "maxItems": most, "items": item}


def _entry(section: str) -> dict[str, Any]:
    labels = {name: _text(200) for name in LABELS[section]}
    return _object(**labels, quotes=_list(_text(600), MOST_QUOTES))


QUOTED = _object(id=_text(4), quotes=_list(_text(600), MOST_QUOTES))
SCHEMA = _object(
    **{name: _list(_text(80) if name in LISTS else _entry(name), MOST_ENTRIES[name]) for name in SECTIONS},
    requirements=_list(QUOTED, 30),
)


class Reading:
    """The entries and passages that were found so far, over all parts of a resume."""

    def __init__(self, text: str, wanted: Sequence[Requirement]) -> None:
        self.text = text
        self.lines = [line.place for line in lines(text)]
        self.keys = {_id(place): one.key for place, one in enumerate(wanted)}
        self.sections: dict[str, list[Entry]] = {name: [] for name in SECTIONS}
        self.requirements: dict[str, list[Place]] = {one.key: [] for one in wanted}
        self.dropped: Counter[str] = Counter()

    def take(self, said: dict[str, Any], part: Place) -> None:
        """Keep what stands in this part of the text."""
        self.begins, self.find = part[0], locate.within(self.text[part[0] : part[1]])
        for name in SECTIONS:
            for one in said[name]:
                entry = self._item(one, part) if name in LISTS else self._entry(name, one, part)
                if entry and entry not in self.sections[name] and len(self.sections[name]) < MOST_ENTRIES[name]:
                    self.sections[name].append(entry)
        for row in said["requirements"]:
            self._requirement(row, part)

    def _item(self, words: str, part: Place) -> Entry | None:
        place = self._label(words, part)
        return Entry({"title": place}, (place,)) if place else None

    def _entry(self, section: str, said: dict[str, Any], part: Place) -> Entry | None:
        """None without a quote that stands in the text; a label far from all of them is left out."""
        quotes = self._quotes(said["quotes"], part)
        if not quotes:
            self.dropped["no_quote"] += 1
            return None
        around = (min(start for start, _ in quotes) - NEAR, max(end for _, end in quotes) + NEAR)
        within = (max(part[0], around[0]), min(part[1], around[1]))
        labels = {name: self._label(said[name], within) for name in LABELS[section] if said[name].strip()}
        return Entry({name: place for name, place in labels.items() if place}, quotes)

    def _requirement(self, row: dict[str, Any], part: Place) -> None:
        key = self.keys.get(row["id"])
        if key is None:
            self.dropped["unknown_requirement"] += 1
            return
        for place in self._quotes(row["quotes"], part):
            if place not in self.requirements[key]:
                self.requirements[key].append(place)

    def _quotes(self, said: Sequence[str], part: Place) -> tuple[Place, ...]:
        found = [self._first(words, part) if len(words.strip()) >= SHORTEST_QUOTE else None for words in said]
        self.dropped["not_in_resume"] += found.count(None)
        return tuple(dict.fromkeys(place for place in found if place))

    def _label(self, words: str, part: Place) -> Place | None:
        """Where it stands in one line, unless it is praise or a verdict, which no label is."""
        place = self._first(words, part)
        if place is None or not any(start <= place[0] and place[1] <= end for start, end in self.lines):
            self.dropped["not_in_resume"] += 1
            return None
        if phrases.pattern("judging_words", "anywhere").search(phrases.plain(words)):
            self.dropped["judgement"] += 1
            return None
        return place

    def _first(self, words: str, part: Place) -> Place | None:
        """Where they stand in this part, within one paragraph."""
        found = ((start + self.begins, end + self.begins) for start, end in self.find(words))
        within = (place for place in found if part[0] <= place[0] and place[1] <= part[1])
        return next((place for place in within if BETWEEN not in self.text[slice(*place)]), None)


def read(
    text: str, wanted: Sequence[Requirement], *, policy: TenantPolicy, known: tuple[str, ...], subject_id: UUID
) -> tuple[Reading, str]:
    """What stands of what a model said about each part of the text, and the model's name.

    Hold no transaction: calls go over the network.

    :raises llm.gateway.Unavailable: if it can't be asked about one of them, or its output is broken.
    """
    found, model = Reading(text, wanted), ""
    for part in parts(text):
        completion = gateway.complete(
            feature=FEATURE,
            policy=policy,
            messages=messages(text[part[0] : part[1]], wanted),
            schema=SCHEMA,
            max_tokens=MAX_TOKENS,
            subject_id=subject_id,
            known=known,
            prompt_version=PROMPT,
            deadline=time.monotonic() + SECONDS,
        )
        found.take(completion.parsed or {}, part)
        model = completion.model
    return found, model


def parts(text: str) -> Iterator[Place]:
    """The text in pieces of at most MOST_CHARACTERS that end with a paragraph, a line or a word, if there is one."""
    start = 0
    while len(text) - start > MOST_CHARACTERS:
        least, most = start + MOST_CHARACTERS // 2, start + MOST_CHARACTERS
        ends = (text.rfind(mark, least, most) for mark in (BETWEEN, "\n", " "))
        end = next((place for place in ends if place >= 0), most)
        yield start, end
        start = end
    if text[start:].strip():
        yield start, len(text)


def messages(text: str, wanted: Sequence[Requirement]) -> list[dict[str, str]]:
    """Rules, the text line by line as data behind a mark, then the requirements."""
    mark = nonce.PLACEHOLDER
    rows = (json.dumps({"line": " ".join(line.text.split())}, ensure_ascii=False) for line in lines(text))
    listed = (f"{_id(place)}: {one.name}. {one.definition}" for place, one in enumerate(wanted))
    data = "\n".join([f"RESUME {mark}", *rows, f"END {mark}", "Requirements:", *map(nonce.without, listed)])
    return [{"role": "system", "content": prompts.load(PROMPT)}, {"role": "user", "content": data}]


def _id(place: int) -> str:
    return f"R{place + 1}"
