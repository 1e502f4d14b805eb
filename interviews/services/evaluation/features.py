"""What an answer shows, counted: the features of the basic evaluator.

detail      distinct words of content that are neither buzzwords nor the question's own; it saturates, so length
            alone soon stops to count
method      doing things by a method: checking, comparing, measuring, recording, limits, alternatives
reason      why something was done
figure      numbers
result      what came of it
ownership   first person singular
system      criteria, limits, purposes, records, order: doing it the same way the next time
hedge, informal, impression, disowned, absence
            "just", "mostly"; "on the spot"; "it looked fine"; "somebody else did that"; "we didn't": these lower it

Sentences that are no evidence are set aside first: praise of oneself, the question pasted back, what was said
before, keywords in a row, words addressed to whoever scores, talk about the answer itself,
and what post somebody held.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interviews.services.evaluation.lexicon import Lexicon, folded, lexicon
from interviews.services.evaluation.text import Sentence, sentences, stem, words
from interviews.services.evaluation.types import Answer

LAST_LATIN = "\u024f"
FEWEST_STEMS = 4  # of a sentence that can be said again in other words
FEWEST_WORDS = 3  # of a sentence that says something
MOST_WORDS_OF_FILLER = 30
MOST_WORDS_OF_A_POST = 9  # "I was a lifeguard on a lake": what somebody was is not what they did


@dataclass(frozen=True, slots=True)
class Evidence:
    """An answer as the evaluator sees it; `features` are scaled to 0..1."""

    answer: Answer
    sentences: tuple[Sentence, ...]
    stems: frozenset[str]
    question: frozenset[str]
    features: dict[str, float]

    @property
    def is_any(self) -> bool:
        """Whether anything was said at all: "fine" is no evidence."""
        details = self.stems - self.question - lexicon().buzzwords
        return len(details) >= lexicon().settings["evidence"]["fewest_details"]


def read(answers: Sequence[Answer]) -> list[Evidence]:
    """The evidence in each answer, in the same order."""
    said: list[frozenset[str]] = []
    return [_read(answer, said) for answer in answers]


def score(text: str, question: frozenset[str]) -> tuple[dict[str, float], float]:
    """The features of a text and what they add up to."""
    lex = lexicon()
    features = _features(text, question, lex)
    weights = lex.settings["features"]
    return features, lex.settings["base"] + sum(weights[name]["coefficient"] * features[name] for name in weights)


def _read(answer: Answer, said: list[frozenset[str]]) -> Evidence:
    lex = lexicon()
    question = frozenset(lex.content(answer.question))
    kept = tuple(sentence for sentence in sentences(answer.text) if _is_evidence(sentence, question, said, lex))
    text = " ".join(sentence.text for sentence in kept)
    return Evidence(answer, kept, frozenset(lex.content(text)), question, _features(text, question, lex))


def _is_evidence(sentence: Sentence, question: frozenset[str], said: list[frozenset[str]], lex: Lexicon) -> bool:
    """Whether the sentence says something new about what the person did. `said` remembers it."""
    text, stems, bounds = folded(sentence.text), frozenset(lex.content(sentence.text)), lex.settings["evidence"]
    if lex.phrases["to_the_scorer"].search(text) or _is_idle(text, lex):
        return False
    if len(words(text)) < FEWEST_WORDS or _is_word_list(text, lex) or _is_foreign(text):
        return False
    if len(stems) >= 3 and len(stems & question) >= bounds["pasted"] * len(stems):
        return False
    if _is_repeated(stems, said, bounds["repeated"]):
        return False
    said.append(stems)
    return not _is_praise(text, lex)


def _is_repeated(stems: frozenset[str], said: Sequence[frozenset[str]], share: float) -> bool:
    """Whether a sentence before had nearly all of these stems; of a short one, all and no others."""
    if len(stems) < FEWEST_STEMS:
        return bool(stems) and stems in said
    return any(len(stems & before) >= share * len(stems) for before in said)


def _is_idle(text: str, lex: Lexicon) -> bool:
    """Talk about the answer itself, or what post somebody held, in a sentence that has room for no more."""
    size = len(words(text))
    says_post = size <= MOST_WORDS_OF_A_POST and lex.phrases["post"].search(text)
    return bool(says_post or (size <= MOST_WORDS_OF_FILLER and lex.phrases["filler"].search(text)))


def _is_foreign(text: str) -> bool:
    """Whether most letters are of another script: nothing here can read them."""
    letters = [character for character in text if character.isalpha()]
    return sum(character > LAST_LATIN for character in letters) * 2 > len(letters)


def _is_word_list(text: str, lex: Lexicon) -> bool:
    """Keywords in a row: nobody speaks in eight words or more with hardly an everyday word among them."""
    spoken = [word for word in words(text) if word[0].isalpha()]
    plain = sum(word in lex.common or stem(word) in lex.common for word in spoken)
    return len(spoken) >= 8 and plain < lex.settings["evidence"]["fewest_plain"] * len(spoken)


def _is_praise(text: str, lex: Lexicon) -> bool:
    """Praise without a figure, and without both a method and a reason."""
    found = lex.phrases
    shown = found["figure"].search(text) or (found["method"].search(text) and found["reason"].search(text))
    return bool(found["praise"].search(text)) and not shown


def _features(text: str, question: frozenset[str], lex: Lexicon) -> dict[str, float]:
    plain, bounds = folded(text), lex.settings["evidence"]
    per = max(bounds["fewest_words"], len(words(text))) / bounds["per_words"]
    details = set(lex.content(text)) - question - lex.buzzwords
    features = {}
    for name, how in lex.settings["features"].items():
        if name == "detail":
            features[name] = 1 - math.exp(-len(details) / how["full_at"])
        else:
            features[name] = min(len(lex.phrases[name].findall(plain)) / per, how["most"]) / how["most"]
    return features
