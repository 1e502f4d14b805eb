"""Which competencies of the library a description asks for, and the words that say so.

Each phrase of a competency that stands in the description speaks for it: the less the more competencies it speaks for,
a little more when it is repeated. Where too few match, competencies whose name and definition share words with the
description come next, and last those that no words speak for, one of each missing dimension first. A phrase is found,
not understood: "no sales" speaks for selling.
"""

from collections import Counter
from collections.abc import Sequence

from interviews.services.drafting.described import Described
from interviews.services.drafting.types import Anchors, Candidate, DraftQuestion, Library, LibraryCompetency, Why
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import WORD, stem
from interviews.services.interviewer import phrases

FEWEST, MOST = 4, 7
MOST_VALUES = 1
MOST_WORDS_OF_WHY = 3
REPEATED = 0.25  # what each mention after the first adds, twice at most
SHARED_WORDS = 0.1  # what a shared word counts against a phrase of the library
FEWEST_SHARED = 2


def candidates(described: Described, library: Library) -> list[Candidate]:
    """Four to seven competencies, most asked for first; none where no phrase of the library matched."""
    entries = list(library.competencies)
    found = {entry.key: _phrases(described, entry) for entry in entries}
    speaks_for = Counter(words for whys in found.values() for words in {_same(why) for why in whys})
    matched = [_candidate(entry, found[entry.key], _score(found[entry.key], speaks_for)) for entry in entries]
    chosen = _most_asked([one for one in matched if one.score], MOST)
    if not chosen:
        return []
    return _filled(chosen, entries, described)


def _filled(chosen: list[Candidate], entries: Sequence[LibraryCompetency], described: Described) -> list[Candidate]:
    """With what comes nearest, until there are enough."""
    left = [entry for entry in entries if entry.key not in {one.key for one in chosen}]
    near = _most_asked([_near(entry, described) for entry in left], FEWEST, chosen)
    chosen = [*chosen, *(one for one in near if one.score)][: max(FEWEST, len(chosen))]
    for entry in left:
        missing = entry.dimension not in {one.dimension for one in chosen}
        if len(chosen) < FEWEST and missing:
            chosen.append(_candidate(entry, [], 0.0))
    for entry in left:
        if len(chosen) < FEWEST and entry.key not in {one.key for one in chosen} and _fits(entry.dimension, chosen):
            chosen.append(_candidate(entry, [], 0.0))
    return chosen


def _most_asked(found: Sequence[Candidate], most: int, chosen: Sequence[Candidate] = ()) -> list[Candidate]:
    """The first of them by score, with no more competencies about values than a plan takes."""
    taken: list[Candidate] = []
    for one in sorted(found, key=lambda one: -one.score):
        if len(taken) < most and _fits(one.dimension, [*chosen, *taken]):
            taken.append(one)
    return taken


def _fits(dimension: str, chosen: Sequence[Candidate]) -> bool:
    return dimension != "values" or sum(one.dimension == "values" for one in chosen) < MOST_VALUES


def _phrases(described: Described, entry: LibraryCompetency) -> list[Why]:
    return described.places(phrases.compiled(entry.matches)) if entry.matches else []


def _score(whys: Sequence[Why], speaks_for: Counter[str]) -> float:
    times = Counter(map(_same, whys))
    return sum((1 + REPEATED * min(2, count - 1)) / speaks_for[words] for words, count in times.items())


def _same(why: Why) -> str:
    return " ".join(why.words.lower().split())


def _near(entry: LibraryCompetency, described: Described) -> Candidate:
    """The competency with the words that its name and definition share with the description."""
    stems = frozenset(lexicon().content(f"{entry.name} {entry.definition}")) - lexicon().rubric_words
    shared: dict[str, Why] = {}
    for match in WORD.finditer(described.about_work):
        found = stem(match[0])
        if found in stems and found not in shared:
            start, end = described.plain.place(*match.span())
            shared[found] = Why(described.text[start:end], start, end)
    score = SHARED_WORDS * len(shared) if len(shared) >= FEWEST_SHARED else 0.0
    return _candidate(entry, list(shared.values()), score)


def _candidate(entry: LibraryCompetency, whys: Sequence[Why], score: float) -> Candidate:
    questions = tuple(DraftQuestion(one.text, entry.key, dict(one.follow_ups)) for one in entry.questions)
    return Candidate(
        key=entry.key,
        name=entry.name,
        definition=entry.definition,
        dimension=entry.dimension,
        anchors=_five(entry.anchors),
        questions=questions,
        why=_first_of_each(whys) if score else (),
        score=score,
    )


def _first_of_each(whys: Sequence[Why]) -> tuple[Why, ...]:
    """The first places of different words, in the order of the description."""
    first: dict[str, Why] = {}
    for why in whys:
        first.setdefault(_same(why), why)
    return tuple(first.values())[:MOST_WORDS_OF_WHY]


def _five(anchors: Sequence[str]) -> Anchors:
    one, two, three, four, five = anchors
    return one, two, three, four, five
