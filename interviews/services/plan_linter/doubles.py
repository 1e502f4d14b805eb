"""Two questions in one, as far as their form shows it.

Flagged: a second sentence that asks for something else ("... Have you ever drawn one up?"), a second question or
request after "and" ("and how did you ...", "and can you ..."), two question words in a row ("how and when"), a bare one
at the end ("and why?"), an "if so", a second occasion ("a time ... and another time ..."), a second thing to do ("plan
your day and motivate your team"), "your ... and your ...", "with ... and with ...", opposites ("strengths and
weaknesses").

Not flagged: "and" between nouns ("research and development"), between verbs with one object ("find and fix a fault"),
and a request that goes on with its own story ("a time you were wrong, and how you dealt with it"). That is told by a
word that points back, so two unrelated parts may pass as one story. A list of verbs decides what is a second thing to
do, so a verb that is not in it passes too.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice

from interviews.services.interviewer import phrases
from interviews.services.plan_linter.plain import FILE, Place, Plain, listed

AUXILIARY = r"(?:do|does|did|have|has|had|are|is|was|were|can|could|would|will|should|might|may)"
PRONOUN = r"(?:you|they|he|she|it|we|people|others|there)"
SUBJECT = rf"(?:{PRONOUN}|your|the|that|this|these|those|their|his|her|somebody|anybody)"
BEFORE = (
    r"(?:(?:in|at|on|for|to|from|by|with|after|before|about|until|under|over|through|of|during|against|without)\s+)?"
)
ASKING = r"(?:what|how|why)"  # never begin a relative clause
RELATIVE = r"(?:which|who|whom|whose|when|where)"
FILLER = rf"(?:\s+(?!{SUBJECT}\b|{AUXILIARY}\b)[\w'-]+){{0,3}}"
INVERTED = (
    rf"{BEFORE}(?:{ASKING}{FILLER}\s+{AUXILIARY}\s+{SUBJECT}|{RELATIVE}\s+(?!{SUBJECT}\b)(?:[\w'-]+\s+){{0,3}}?"
    rf"{AUXILIARY}\s+{PRONOUN}|{RELATIVE}\s+{AUXILIARY}\s+{PRONOUN})\b"
)
JOINED = r"(?:,\s*)?(?:\b(?:and|or|but|plus|as\s+well\s+as)|[;&])\s+(?:also\s+|then\s+)?"

DIRECT = re.compile(rf"{JOINED}(?:{INVERTED}|{ASKING}{FILLER}\s+(?:do|does|did)\s+(?!not\b)\w)")
WHAT_HAPPENED = re.compile(rf"{JOINED}(?:what\s+(?:happened|came|went|made|caused|kept|helped)|which\s+ones?)\b")
IN_COMMAS = re.compile(rf"^\W*(?:{ASKING}|{RELATIVE}\s+{AUXILIARY})\b[^,;]*[,;]\s*(?:and\s+)?{ASKING}\b")
BEGINS_OPEN = re.compile(rf"\W*(?:and\s+)?{BEFORE}(?:{ASKING}|{RELATIVE})\b")
WHAT_AND_WHAT = re.compile(
    rf"^\W*what\s+(?!{AUXILIARY}\b)[^;]*?\band\s+(?:then\s+|also\s+)?what\s+(?!{SUBJECT}\b|to\b|kind\b|sort\b|type\b)"
)
YES_NO = re.compile(rf"{JOINED}{AUXILIARY}\s+{PRONOUN}\b")
BARE = re.compile(rf"\b(?:and|or|but)\s+{BEFORE}(?:{ASKING}|{RELATIVE})[\s?.!]*+$")
IN_A_ROW = re.compile(rf"^\W*{BEFORE}(?:{ASKING}|{RELATIVE}),?\s+(?:and|or)\s+{BEFORE}(?:{ASKING}|{RELATIVE})\b")
INDIRECT = re.compile(rf"\b(?:and|or|plus|as\s+well\s+as)\s+(?:also\s+)?{ASKING}\b(?!\W{{0,9}}$)")
REQUEST = re.compile(
    r"\b(?:and|then)\s+(?:please\s+|also\s+|then\s+)?(?:(?:tell|give|show|walk)\s+(?:me|us)"
    r"|(?:describe|explain|say|name|list)\s+(?:how|why|what|which|when|where|your|one|another))\b"
)
ASKS_HOW = re.compile(rf"^\W*(?:\w+\s+){{1,3}}?(?:{ASKING}|{RELATIVE})\b")
ANY_CLAUSE = re.compile(rf"\b(?:and|or|plus|as\s+well\s+as)\s+(?:also\s+)?(?:{ASKING}|{RELATIVE})\b")
YOURS = re.compile(
    r"\b(?:(?:tell|talk\s+to)\s+(?:me|us)\s+about|describe|explain|discuss|talk\s+about|what\s+(?:is|are|was|were))"
    r"\s+your\s+(?:[\w'-]+\s+){0,4}?[\w'-]+(?:,?\s+and\s+(?:also\s+)?|,\s+|\s+as\s+well\s+as\s+)your\b"
)
TWO_OF_A_KIND = re.compile(r"\b(with|about|when|if)\s+(?:[\w'-]+\s+){0,6}?[\w'-]+,?\s+(?:and|or)\s+\1\b")
HOW_YOU = re.compile(rf"\bhow\s+(?:{AUXILIARY}\s+)?you\s+")
PARTICLES = frozenset({"up", "out", "off", "on", "over", "down", "in", "to", "for", "with", "through", "about", "from"})
POINTS_BACK = re.compile(r"\s+(?:it|them|that|this|him|her|these|those|one)\b")
HAS_OBJECT = re.compile(r"\s+(?!of\b|in\b|on\b|at\b|and\b|or\b|for\b|to\b)\w")
HAS_ARTICLE = re.compile(
    r"\s+(?:a|an|the|your|our|their|its|his|her|my|any|all|each|every|some|other|new|people|how|what)\b"
)
POINTS_BACK_AT_LAST = re.compile(r"\b(?:that|this|these|those)\s{0,9}(?:[,.;:?!]|$)")  # not "that team"
LONGEST_TASK = 12  # words between "how you" and the "and" of a second thing to do


def found(asked: Sequence[Plain]) -> Place | None:
    """The first words that ask for something else than what was asked before them; None if there are none.

    `asked` are the sentences of a question, as plain text.
    """
    asking = [sentence for sentence in asked if asks(sentence)]
    asking = [one for place, one in enumerate(asking) if not (place and listed("refines").match(one.text.strip()))]
    for sentence in asking:
        for rule in RULES:
            match = rule(sentence)
            if match is not None:
                return sentence.place(*match)
    return _whole(asking[1]) if len(asking) > 1 and not _is_one_story(asking) else None


def _is_one_story(asking: Sequence[Plain]) -> bool:
    """ "Tell me about a conflict. How did it end?" """
    first, second = asking[0], asking[1]
    opens = BEGINS_OPEN.match(second.text) is not None
    return len(asking) == 2 and is_request(first) and opens and _goes_on(second.text, 0)


def asks(sentence: Plain) -> bool:
    """Whether the sentence asks for an answer."""
    return sentence.text.rstrip(" \n\t\"')").endswith("?") or is_request(sentence)


def is_request(sentence: Plain) -> bool:
    """Whether it begins as "Tell me" or "Could you describe" does."""
    begin = sentence.text.strip()
    return bool(listed("requests").match(begin) or listed("polite").match(begin))


def _whole(sentence: Plain) -> Place:
    stripped = sentence.text.strip()
    start = sentence.text.index(stripped)
    return sentence.place(start, start + len(stripped))


def _joined_questions(sentence: Plain) -> Place | None:
    return _first((IN_A_ROW, DIRECT, YES_NO, IN_COMMAS, WHAT_AND_WHAT), sentence)


def _joined_to_a_question(sentence: Plain) -> Place | None:
    """ "What did you do and why?"; a request may well go on so ("a choice you made and why")."""
    return None if is_request(sentence) else _first((WHAT_HAPPENED, BARE), sentence)


def _first(patterns: Sequence[re.Pattern[str]], sentence: Plain) -> Place | None:
    matches = (pattern.search(sentence.text) for pattern in patterns)
    return next((match.span() for match in matches if match), None)


def _joined_clauses(sentence: Plain) -> Place | None:
    """A request that goes on with "and how ...": one part more may belong to the same story."""
    if not is_request(sentence):
        return None
    pattern = ANY_CLAUSE if ASKS_HOW.match(sentence.text) else INDIRECT
    parts = list(islice(pattern.finditer(sentence.text), 2))
    if not parts or (len(parts) == 1 and _goes_on(sentence.text, parts[0].start())):
        return None
    return parts[0].span()


def _joined_request(sentence: Plain) -> Place | None:
    match = REQUEST.search(sentence.text)
    if match is None or _goes_on(sentence.text, match.end()):
        return None
    return match.span()


def _goes_on(text: str, start: int) -> bool:
    """Whether the part that begins there points back to what was asked before it."""
    return bool(listed("same_story").search(text, start) or POINTS_BACK_AT_LAST.search(text, start))


def _listed(sentence: Plain) -> Place | None:
    for name in ("second_questions", "opposites"):
        match = listed(name).search(sentence.text)
        if match:
            return match.span()
    return None


def _repeated_words(sentence: Plain) -> Place | None:
    match = YOURS.search(sentence.text) or TWO_OF_A_KIND.search(sentence.text)
    return match.span() if match else None


def _second_occasion(sentence: Plain) -> Place | None:
    """ "A time ... and another time ...": the same noun once more, after an "and"."""
    seen: set[str] = set()
    for match in _occasions().finditer(sentence.text):
        if match["and"] and match["noun"] in seen:
            return match.span()
        seen.add(match["noun"])
    return None


def _second_task(sentence: Plain) -> Place | None:
    """ "How do you plan your day and motivate your team?": a second verb with an object of its own."""
    for start in HOW_YOU.finditer(sentence.text):
        for match in _tasks(sentence.text, start.end()):
            between = sentence.text[start.end() : match.start()].split()
            if 2 <= len(between) <= LONGEST_TASK and not _is_one_task(between[-1], match, sentence.text):
                return match.span()
    return None


def _tasks(text: str, start: int) -> Iterator[re.Match[str]]:
    """What may be a second verb, not far behind."""
    return _second_verbs().finditer(text, start, start + 20 * LONGEST_TASK)


def _is_one_task(before: str, match: re.Match[str], text: str) -> bool:
    """Whether the two verbs share their object, or the second points back to what the first one had."""
    word = before.rstrip(",")
    if word in PARTICLES or listed("verbs").fullmatch(word) or listed("verbs_or_nouns").fullmatch(word):
        return True
    needed = HAS_OBJECT if match["verb"] else HAS_ARTICLE
    return bool(POINTS_BACK.match(text, match.end())) or not needed.match(text, match.end())


@cache
def _second_verbs() -> re.Pattern[str]:
    verbs, doubtful = (listed(name).pattern for name in ("verbs", "verbs_or_nouns"))
    return re.compile(rf"\band\s+(?:also\s+|then\s+)?(?:(?P<verb>{verbs})|(?P<noun>{doubtful}))")


@cache
def _occasions() -> re.Pattern[str]:
    nouns = "|".join(map(re.escape, phrases.data(FILE)["occasions"]))
    return re.compile(rf"(?P<and>\b(?:and|plus|or)\s+)?\b(?:a|an|one|the|another)\s+(?:other\s+)?(?P<noun>{nouns})\b")


RULES: tuple[Callable[[Plain], Place | None], ...] = (
    *(_joined_questions, _joined_to_a_question, _listed, _joined_clauses, _joined_request),
    *(_repeated_words, _second_occasion, _second_task),
)
