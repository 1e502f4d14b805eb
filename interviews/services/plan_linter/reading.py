"""How hard a question is to read: the Flesch-Kincaid grade, for English.

0.39 x words a sentence + 11.8 x syllables a word - 15.59 (Kincaid and others, 1975): the years of school that the text
takes. Syllables are counted by groups of vowels, without a dictionary, so a word may be one off; and a text as short
as a question swings by two or three grades with one long word of its trade. Read it as easy or hard, not as a figure.
"""

import re
from functools import cache, lru_cache

from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import sentences, words
from interviews.services.interviewer import phrases
from interviews.services.plan_linter.plain import FILE, limit

VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?:[^laeiouy]es|[^aeiouytd]ed|[^laeiouy]e|[gq]ue)$")  # names, planned, made, league
SPOKEN = re.compile(r"(?:[sxz]|sh|ch|[cg])es$")  # boxes, changes
APART = re.compile(r"i[ao](?!u)|ua(?!l?ity)|uo|[aeiouy]ing$|ism$|(?<![tc])ie(?=n[ct])")  # media, going, client
TOGETHER = re.compile(r"[cgst]i[ao]")  # special, nation
LONGEST_WORD = 60  # characters; anything longer is no word


def grade(text: str) -> float:
    """The years of school that the text takes, with one decimal; 0 for a text without words."""
    spoken = [word for word in words(text) if word[0].isalpha()]
    if not spoken:
        return 0.0
    many = sum(any(map(str.isalpha, sentence.text)) for sentence in sentences(text))
    syllables_a_word = sum(map(syllables, spoken)) / len(spoken)
    return max(0.0, round(0.39 * len(spoken) / max(1, many) + 11.8 * syllables_a_word - 15.59, 1))


@lru_cache(maxsize=8192)  # people write the same words
def syllables(word: str) -> int:
    """About how many an English word has, at least one."""
    word = word.lower().partition("'")[0][:LONGEST_WORD]
    count = len(VOWELS.findall(word)) + len(APART.findall(word)) - len(TOGETHER.findall(word))
    if SILENT.search(word) and not SPOKEN.search(word):
        count -= 1
    return max(1, count)


def is_english(text: str) -> bool:
    """Whether it seems to be: Latin letters, and of everyday words no fewer English than foreign ones.

    A text of very few words is taken to be English if its letters are.
    """
    spoken = [word for word in words(text) if word[0].isalpha()]
    letters = [character for character in text if character.isalpha()]
    if sum(not character.isascii() for character in letters) > limit("other_letters") * len(letters):
        return False
    if len(spoken) < limit("english_fewest_words"):
        return True
    foreign = _foreign()
    ours = sum(word in lexicon().common and word not in foreign for word in spoken)
    return ours >= sum(word in foreign for word in spoken)


@cache
def _foreign() -> frozenset[str]:
    return frozenset(phrases.data(FILE)["foreign"])
