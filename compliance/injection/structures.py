"""What an answer has no reason to look like: turns of others, results, ends of data, markup of chats."""

import re
from collections.abc import Callable, Iterator
from functools import cache

from compliance.injection.phrases import Hit
from compliance.injection.rules import Rules, rules

TAG = re.compile(r"<[^<>\n]{1,80}+>")
BRACKETED = re.compile(r"\[[^\[\]\n]{1,60}+\]")
FENCED = re.compile(r"([-=#*%~_]{2,20}+|[\[(<【]) {0,2}([^\n=#*%~\[\]<>【】]{2,60}+)")
CHAT = re.compile(r"<\|[^|<>\n]{1,40}+\|>|\[/?inst\]|<</?sys>>|</?s>|<(?:start|end)_of_turn>|#{2,4} ?(?:user|assistant|system|human|response|instruction|input|output)s?:")
MESSAGE = re.compile(r"(?:speaker|role|author) ?= ?[\"'](?:interviewer|system|assistant|evaluator|developer|grader)|[\"']role[\"'] ?: ?[\"'](?:system|assistant|user|developer|tool)|(?:^|\n)(?:tool|function)[_ ](?:result|call|output)s? ?:")
OUTBREAK = re.compile(
    r"""["'}\])]{3,6}+[ \n,]{0,3}["']\w"""
    r"""|'\)[ ;]{1,3}(?:update|insert|delete|drop)\b"""
    r"""|\]\]>|<!\[cdata\[|\{\{[#/](?:user|system|assistant)"""
    r"""|\beof\n|\broot@"""
)
COMMENT = re.compile(r"<!--|-->")
TABLE = re.compile(r"\| {0,3}5 {0,3}\|")
LINK = re.compile(r"!\[[^\]\n]{0,40}\]\(|https?://[^\s?]{1,200}+\?[^\s=]{1,40}=(?=\s|$)")
WORDS = re.compile(r"[^\W_]+")

Span = tuple[int, int]


def hits(text: str) -> Iterator[Hit]:
    """Every structure in a folded text, as a hit of the rule of its name."""
    known = rules()
    for name, find in FINDERS.items():
        rule = known.weights[name]
        for start, end in find(text, known):
            yield Hit(rule, start, end)


def _role_headers(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in _headers("roles").finditer(text))


def _companion_headers(text: str, known: Rules) -> Iterator[Span]:
    """The candidate's own side of a forged dialogue: worth something only beside another's."""
    return (match.span() for match in _headers("companions").finditer(text))


def _result_levels(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in _pairs("level_keys", "top_values").finditer(text))


def _result_keys(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in _pairs("result_keys", "result_values").finditer(text))


def _several_results(text: str, known: Rules) -> Iterator[Span]:
    """Two different keys of a result close to each other."""
    found = sorted((*_keyed("level_keys", "top_values", text), *_keyed("result_keys", "result_values", text)))
    for (start, end, key), (other_start, other_end, other) in zip(found, found[1:], strict=False):
        if key != other and other_start - end < known.structures["near"]:
            yield start, other_end


def _keyed(keys: str, values: str, text: str) -> Iterator[tuple[int, int, str]]:
    return ((match.start(), match.end(), match["key"]) for match in _pairs(keys, values).finditer(text))


def _tags(text: str, known: Rules) -> Iterator[Span]:
    for pattern in (TAG, BRACKETED):
        for match in pattern.finditer(text):
            inside = WORDS.findall(match[0])
            if inside and (match[0][0] == "<" or len(inside) == 1) and _any(inside[:1], "tags"):
                yield match.span()


def _ends(text: str, known: Rules) -> Iterator[Span]:
    """A fence with words for an end or a beginning and words for data."""
    for match in FENCED.finditer(text):
        inside = WORDS.findall(match[2])
        if _any(inside, "ends", match[2]) and _any(inside, "data", match[2]):
            yield match.span()


def _chat(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in CHAT.finditer(text))


def _chats(text: str, known: Rules) -> Iterator[Span]:
    """Two tokens of chat markup: one alone is also what an engineer talks about."""
    found = list(CHAT.finditer(text))
    return ((first.start(), last.end()) for first, last in zip(found, found[1:], strict=False))


def _outbreaks(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in OUTBREAK.finditer(text))


def _comments(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in COMMENT.finditer(text))


def _tables(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in TABLE.finditer(text))


def _links(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in LINK.finditer(text))


def _messages(text: str, known: Rules) -> Iterator[Span]:
    return (match.span() for match in MESSAGE.finditer(text))


def _unopened(text: str, known: Rules) -> Iterator[Span]:
    """The end of an element that never began, with a name that data has."""
    opened = set()
    for match in TAG.finditer(text):
        first = WORDS.findall(match[0])[:1]
        if first and match[0][1] != "/":
            opened.add(first[0])
        elif first and first[0] not in opened and _any(first, "tags"):
            yield match.span()


FINDERS: dict[str, Callable[[str, Rules], Iterator[Span]]] = {
    "role_header": _role_headers,
    "companion_header": _companion_headers,
    "result_level": _result_levels,
    "result_key": _result_keys,
    "several_results": _several_results,
    "data_tag": _tags,
    "data_end": _ends,
    "chat_markup": _chat,
    "several_chat_markups": _chats,
    "outbreak": _outbreaks,
    "comment": _comments,
    "table_of_levels": _tables,
    "data_link": _links,
    "message_json": _messages,
    "unopened_close": _unopened,
}


def _any(said: list[str], listed: str, around: str = "") -> bool:
    """Whether a word is in the list of the data; of scripts without spaces or with marks, whether the text holds it."""
    exact, inside = _listed(listed)
    return not exact.isdisjoint(said) or (not around.isascii() and any(part in around for part in inside))


@cache
def _listed(name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    written = rules().structures[name]
    return frozenset(written), tuple(word for word in written if not word.isascii())


@cache
def _headers(name: str) -> re.Pattern[str]:
    """A name and a colon where a turn begins: at the start of a line or sentence, or in brackets."""
    return re.compile(rf"(?:^|[\n\[<(\"'>*#|。]|[.!?।] ) {{0,3}}(?:{_choice(name)}) {{0,2}}(?:\([^()\n]{{1,40}}\))?\)?[:\]>]")


@cache
def _pairs(keys: str, values: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![^\W_])(?P<key>{_choice(keys)})(?![^\W_])[\"' *\])]{{0,3}}(?:[:=>|]|->){{1,2}}[\"' *\[(]{{0,3}}(?:{_choice(values)})"
    )


def _choice(name: str) -> str:
    listed = sorted(rules().structures[name], key=len, reverse=True)
    return "|".join(word if word.startswith("(?") else re.escape(word).replace(r"\ ", "[ _-]?") for word in listed)
