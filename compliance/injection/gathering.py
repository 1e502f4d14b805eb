"""Groups of words that meet in one sentence, in any order and not far from each other.

A sentence in which somebody tells of what he or others did is no order.
"""

from collections import defaultdict
from collections.abc import Iterator

from compliance.injection.rules import Rule, Rules, Together
from compliance.injection.words import STOPS, Word

FARTHEST = 30  # words between the first and the last
REMEMBERED = 2  # places of a group: the last may lie within the words of another

Place = tuple[int, int]
Groups = dict[frozenset[str], list[tuple[str, tuple[str, ...]]]]  # readings of a word -> keys and rows of groups


def meetings(words: list[Word], known: list[frozenset[str]], rules: Rules) -> Iterator[tuple[Rule, int, int]]:
    """Rule, first and last place (excluded) of each meeting in a sentence that tells of nobody."""
    different = set(known)
    occurs: frozenset[str] = frozenset().union(*different)
    groups = {
        found: [(key, row) for atom in found for key, row in rules.grouped.get(atom, ()) if occurs.issuperset(row)]
        for found in different
    }
    places: list[int] = []
    first = 0
    for place, found in enumerate(known):
        if groups[found]:
            places.append(place)
        elif words[place].said in STOPS:
            yield from _in_sentence(places, words[first:place], known, groups, rules)
            places, first = [], place + 1
    yield from _in_sentence(places, words[first:], known, groups, rules)


def _in_sentence(
    places: list[int], sentence: list[Word], known: list[frozenset[str]], groups: Groups, rules: Rules
) -> Iterator[tuple[Rule, int, int]]:
    if len(places) < 2:
        return
    out = _languages_out(frozenset(word.said for word in sentence), rules)
    seen: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        for key, row in groups[known[place]]:
            if key.split(":")[0] not in out and stands(row, known, place):
                here = (place, place + len(row))
                yield from _met(here, key, seen, rules)
                seen[key] = [*seen[key][1 - REMEMBERED :], here]


def _languages_out(said: frozenset[str], rules: Rules) -> set[str]:
    """Languages in which the sentence tells of somebody, or of which it has no small word."""
    out = {language for language, tellers in rules.tellers.items() if not said.isdisjoint(tellers)}
    return out | {language for language, small in rules.small_words.items() if said.isdisjoint(small)}


def stands(row: tuple[str, ...], known: list[frozenset[str]], place: int) -> bool:
    """Whether the words of a row stand here one after the other, the first of which does."""
    if place + len(row) > len(known):
        return False
    return len(row) == 1 or all(row[number] in known[place + number] for number in range(1, len(row)))


def _met(here: Place, key: str, seen: dict[str, list[Place]], rules: Rules) -> Iterator[tuple[Rule, int, int]]:
    for together in rules.together[key]:
        places = _apart(here, key, seen, together)
        if places:
            yield together.rule, min(place[0] for place in places), max(place[1] for place in places)


def _apart(here: Place, key: str, seen: dict[str, list[Place]], together: Together) -> list[Place]:
    """A place for each group, none within another; or nothing."""
    places = [here]
    for group in together.groups:
        if group != key:
            free = (place for place in reversed(seen[group]) if here[0] - place[0] <= FARTHEST)
            fitting = next((place for place in free if all(place[1] <= p[0] or p[1] <= place[0] for p in places)), None)
            if not fitting:
                return []
            places.append(fitting)
    return places
