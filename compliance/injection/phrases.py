"""Where the phrases of the rules occur in a row of words; linear time, for none is long."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from compliance.injection import gathering
from compliance.injection.rules import Element, Phrase, Rule, Rules
from compliance.injection.words import STOPS, Word, readings

HUGE = 6  # digits of a number that nobody counts to
A_MILLION = "1000000"  # how the rules write any such number
NEAR = 4  # words around a phrase in which a small word tells its language
NONE: frozenset[str] = frozenset()
NARRATED = 2  # words before an order in which somebody may be doing it


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, where in the text, and whether a word of it was disguised."""

    rule: Rule
    start: int
    end: int
    disguised: bool = False
    exact: bool = False  # nothing around it belongs to it


Beginning = tuple[Phrase, list[Element], frozenset[str] | None]


@dataclass(slots=True)
class Matcher:
    """Matches words against the rules; remembers what each spelling was read as."""

    rules: Rules
    read: dict[str, tuple[frozenset[str], bool]] = field(default_factory=dict)

    def hits(self, words: list[Word]) -> Iterator[Hit]:
        """The phrases, the first of each rule from every word on, and groups that meet in a sentence."""
        spelt = {word.said for word in words}
        atoms = {said: self._atoms(said) for said in spelt}
        known = [atoms[word.said][0] for word in words]
        if any(known):
            found = chain(self._phrases(words, known), gathering.meetings(words, known, self.rules))
            for rule, place, end in found:
                disguised = any(atoms[word.said][1] for word in words[place:end])
                yield Hit(rule, words[place].start, words[end - 1].end, disguised)

    def knows(self, said: str) -> bool:
        """Whether the word stands in the rules as it is."""
        return said in self.rules.known

    def _phrases(self, words: list[Word], known: list[frozenset[str]]) -> Iterator[tuple[Rule, int, int]]:
        beginning = self._beginning(set(known))
        done: dict[str, int] = {}  # rule -> where its last phrase ended
        for place, found in enumerate(known):
            after = known[place + 1] if place + 1 < len(known) else NONE
            for phrase, elements, second in beginning[found] if found else ():
                if (second is None or not second.isdisjoint(after)) and place >= done.get(phrase.rule.name, 0):
                    end = _follow(elements, words, known, place)
                    if end and self._holds(phrase, words, place, end):
                        done[phrase.rule.name] = end
                        yield phrase.rule, place, end

    def _beginning(self, found: set[frozenset[str]]) -> dict[frozenset[str], list[Beginning]]:
        """Readings of a word -> the phrases that begin with it, as far as their words occur at all."""
        occurs: frozenset[str] = frozenset().union(*found)
        occurring: dict[int, Element] = {}
        beginning: dict[frozenset[str], list[Beginning]] = {}
        for atoms in found:
            phrases = (phrase for atom in atoms for phrase in self.rules.beginning.get(atom, ()))
            reduced = ((phrase, _reduced(phrase, occurs, occurring)) for phrase in phrases)
            beginning[atoms] = [
                (phrase, elements, _second(elements, atoms)) for phrase, elements in reduced if elements
            ]
        return beginning

    def _holds(self, phrase: Phrase, words: list[Word], place: int, end: int) -> bool:
        ordered = not phrase.order or not self._narrated(phrase.language, words, place)
        return ordered and self._is_of(phrase.language, words, place, end)

    def _atoms(self, said: str) -> tuple[frozenset[str], bool]:
        if said not in self.read:
            self.read[said] = self._look_up(said)
        return self.read[said]

    def _look_up(self, said: str) -> tuple[frozenset[str], bool]:
        if said.isdigit() and len(said) >= HUGE:
            return self.rules.atoms(A_MILLION), False
        for reading in readings(said):
            found = self.rules.atoms(reading)
            if found:
                return found, reading != said
        return NONE, False

    def _is_of(self, language: str, words: list[Word], place: int, end: int) -> bool:
        """Whether the words are of the language, and not English ones that look like its own."""
        small = self.rules.small_words.get(language)
        if small is None:
            return True
        around = words[max(0, place - NEAR) : end + NEAR]
        return any(word.said in small for word in around) or not all(
            self.rules.is_english(word.said) for word in words[place:end]
        )

    def _narrated(self, language: str, words: list[Word], place: int) -> bool:
        """Whether somebody in front of an order does it himself, or a word makes a noun of it."""
        before = words[max(0, place - NARRATED) : place]
        stops = [number for number, word in enumerate(before) if word.said in STOPS]
        said = [word.said for word in (before[stops[-1] + 1 :] if stops else before)]
        return not self.rules.narrators.get(language, NONE).isdisjoint(said) or not self.rules.determiners.get(
            language, NONE
        ).isdisjoint(said[-1:])


def _reduced(phrase: Phrase, occurs: frozenset[str], occurring: dict[int, Element]) -> list[Element]:
    """The elements of the phrase with the rows that can occur; nothing if one of them can not."""
    elements: list[Element] = []
    for element in phrase.elements:
        if isinstance(element, dict):
            if id(element) not in occurring:
                occurring[id(element)] = {
                    first: kept
                    for first, rows in element.items()
                    if first in occurs and (kept := [row for row in rows if occurs.issuperset(row)])
                }
            element = occurring[id(element)]
            if not element:
                return []
        elements.append(element)
    return elements


def _second(elements: list[Element], atoms: frozenset[str]) -> frozenset[str] | None:
    """What the next word has to be read as, where that is known."""
    first, following = elements[0], elements[1] if len(elements) > 1 else None
    assert isinstance(first, dict), "a phrase begins with a word"
    rows = [row for atom in atoms for row in first.get(atom, ())]
    longer = {row[1] for row in rows if len(row) > 1}
    if all(len(row) > 1 for row in rows):
        return frozenset(longer)
    return frozenset(longer | following.keys()) if isinstance(following, dict) else None


def _follow(elements: list[Element], words: list[Word], known: list[frozenset[str]], place: int) -> int:
    """Where the phrase ends that begins at this place, or 0."""
    places = {place}
    for element in elements:
        places = _after_gap(places, element, words) if isinstance(element, int) else _after(places, element, known)
        if not places:
            return 0
    return min(places)


def _after_gap(places: set[int], most: int, words: list[Word]) -> set[int]:
    first, last = min(places), max(places)
    end = first
    while end < min(last + most, len(words)) and (words[end].said not in STOPS):
        end += 1
    return set(range(first, end + 1))


def _after(places: set[int], element: dict[str, list[tuple[str, ...]]], known: list[frozenset[str]]) -> set[int]:
    found = set()
    for place in places:
        if place < len(known):
            for atom in known[place]:
                for row in element.get(atom, ()):
                    if len(row) == 1 or gathering.stands(row, known, place):
                        found.add(place + len(row))
    return found
