"""What an answer has no reason to look like: ends of data, tags and fences, markup of chats, tables of levels."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise

from compliance.injection.phrases import Hit
from compliance.injection.rules import rules

TAG = re.compile(r"<[^<>\n]{1,80}+>")
BRACKETED = re.compile(r"\[[^\[\]\n]{1,60}+\]")
FENCED = re.compile(r"(?:[-=#*%~_]{2,20}+|[\[(<【]{1,3}+) {0,2}([^\n=#*%~\[\]<>【】]{2,60}+)")
CHAT = re.compile(
    r"<\|[^|<>\n]{1,40}+\|>|\[/?inst\]|<</?sys>>|</?s>|<(?:start|end)_of_turn>"
    r"|#{2,4} ?(?:user|assistant|system|human|response|instruction|input|output)s?:"
)
MESSAGE = re.compile(
    r"(?:speaker|role|author)[\"']? ?[=:] ?[\"'](?:interviewer|system|assistant|user|evaluator|developer|grader|tool)"
    r"|(?:^|\n)(?:tool|function)[_ ](?:result|call|output)s? ?:"
)
OUTBREAK = re.compile(
    r"""["'}\])]{3,6}+[ \n,]{0,3}["']\w"""
    r"""|(?:[{}\]] ?){3,8}+(?=[ "'\n]|$)"""
    r"""|'\)[ ;]{1,3}(?:update|insert|delete|drop)\b"""
    r"""|\]\]>|<!\[cdata\[|\{\{[#/](?:user|system|assistant)"""
    r"""|\beof\n|\broot@"""
)
COMMENT = re.compile(r"<!--|-->")
TABLE = re.compile(r"\| {0,3}5 {0,3}\|")
DOTTED = re.compile(r"\.{3,30}+ ?5(?!\w)")
FULL_MARKS = re.compile(r"(?<![\w./])(5|10|20|100) ?/ ?\1(?![\w/])(?!\.\d)")
LINK = re.compile(r"!\[[^\]\n]{0,40}\]\(|https?://[^\s?]{1,200}+\?[^\s=]{1,40}=(?=\s|$)")
WORDS = re.compile(r"[^\W_]+")

Span = tuple[int, int]


def hits(text: str) -> Iterator[Hit]:
    """Every structure in a folded text, as a hit of the rule of its name."""
    for name, find in FINDERS.items():
        rule = rules().weights[name]
        for start, end in find(text):
            yield Hit(rule, start, end)


def _each(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    return lambda text: (match.span() for match in pattern.finditer(text))


def _tags(text: str) -> Iterator[Span]:
    for pattern in (TAG, BRACKETED):
        for match in pattern.finditer(text):
            inside = WORDS.findall(match[0])
            alone = match[0][0] == "<" or match[0][1] == "/" or len(inside) == 1
            if inside and alone and _any(inside[:1], "tags"):
                yield match.span()


def _ends(text: str) -> Iterator[Span]:
    """A fence with words for an end or a beginning and words for data."""
    for match in FENCED.finditer(text):
        inside = WORDS.findall(match[1])
        if _any(inside, "ends", match[1]) and _any(inside, "data", match[1]):
            yield match.span()


def _unopened(text: str) -> Iterator[Span]:
    """The end of an element that never began, with a name that data has."""
    opened = set()
    for match in TAG.finditer(text):
        first = WORDS.findall(match[0])[:1]
        if first and match[0][1] != "/":
            opened.add(first[0])
        elif first and first[0] not in opened and _any(first, "tags"):
            yield match.span()


def _chats(text: str) -> Iterator[Span]:
    """Two tokens of chat markup: one alone is also what an engineer talks about."""
    found = list(CHAT.finditer(text))
    return ((first.start(), last.end()) for first, last in pairwise(found))


FINDERS: dict[str, Callable[[str], Iterator[Span]]] = {
    "data_tag": _tags,
    "data_end": _ends,
    "unopened_close": _unopened,
    "chat_markup": _each(CHAT),
    "several_chat_markups": _chats,
    "message_json": _each(MESSAGE),
    "outbreak": _each(OUTBREAK),
    "comment": _each(COMMENT),
    "table_of_levels": _each(TABLE),
    "dotted_level": _each(DOTTED),
    "full_marks": _each(FULL_MARKS),
    "data_link": _each(LINK),
}


def _any(said: list[str], listed: str, around: str = "") -> bool:
    """Whether a word is in the list of the data; of scripts without spaces or with marks, whether the text holds it."""
    exact, inside = _listed(listed)
    return not exact.isdisjoint(said) or (not around.isascii() and any(part in around for part in inside))


@cache
def _listed(name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    written = rules().structures[name]
    return frozenset(written), tuple(word for word in written if not word.isascii())
