"""Words with a colon after them: whose turn it is, and the parts of a result."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from compliance.injection.phrases import Hit
from compliance.injection.rules import rules
from compliance.injection.words import SEPARATORS

LABEL = re.compile(
    rf"(?<![^{SEPARATORS}])(?P<word>[^{SEPARATORS}]++)[\"' *\])]{{0,3}}(?:\([^()\n]{{1,40}}\))?"
    rf"(?P<sign>[:=>|]{{1,2}}|->|\]|--)(?=[\"' *\[(]{{0,3}}(?P<value>[^{SEPARATORS}]{{0,20}}))"
)
SPACES = str.maketrans("_-", "  ")
BEGINNING = frozenset("\n[<(\"'>*#|。")
OF_TURNS = frozenset((":", ">", "]", "--", "::"))
BETWEEN_TURNS = 25  # characters after the word "speaker"


@dataclass(frozen=True, slots=True)
class Label:
    """A label with what it is of: a turn, or a result of which it is the key."""

    rule: str
    key: str
    start: int
    end: int


def hits(text: str) -> Iterator[Hit]:
    """Every label that an answer has no reason to carry, and two keys of a result close to each other."""
    known = rules()
    results: list[Label] = []
    for label in _labels(text):
        yield Hit(known.weights[label.rule], label.start, label.end)
        if label.rule.startswith("result"):
            near = results and label.start - results[-1].end < known.structures["near"]
            if near and results[-1].key != label.key:
                yield Hit(known.weights["several_results"], results[-1].start, label.end)
            results.append(label)


def _labels(text: str) -> Iterator[Label]:
    turns, keys, values = _turns(), _keys(), _values()
    for match in LABEL.finditer(text):
        word, start = match["word"], match.start()
        if word in turns and match["sign"] in OF_TURNS and _begins(text, start):
            yield Label(turns[word], word, start, match.end())
        for key, rule in keys.get(word, ()):
            first = match.end("word") - len(key)
            same = first >= 0 and text[first : match.end("word")].translate(SPACES) == key
            if same and (rule == "result_key" or match["value"] in values):
                yield Label(rule, key, first, match.end("value"))
                break


def _begins(text: str, start: int) -> bool:
    """Whether a turn can begin here: a line, a sentence, a bracket, or the name of a speaker."""
    before = text[max(0, start - 3) : start]
    last = before.rstrip(" ")[-1:]
    if not last:
        return start <= 3
    return (
        last in BEGINNING
        or (last in ".!?।" and before[-1] == " ")
        or "speaker" in text[max(0, start - BETWEEN_TURNS) : start]
    )


@cache
def _turns() -> dict[str, str]:
    listed = rules().structures
    return dict.fromkeys(listed["companions"], "companion_header") | dict.fromkeys(listed["roles"], "role_header")


@cache
def _keys() -> dict[str, list[tuple[str, str]]]:
    """last word -> the keys that end with it, longest first, each with its rule."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for rule, name in (("result_level", "level_keys"), ("result_key", "result_keys"), ("result_area", "areas")):
        for written in sorted(rules().structures[name], key=len, reverse=True):
            key = written.translate(SPACES)
            found[key.split(" ")[-1]].append((key, rule))
    return dict(found)


@cache
def _values() -> frozenset[str]:
    return frozenset(rules().structures["top_values"])
