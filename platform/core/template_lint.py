"""The rules of our templates that no general linter knows; `manage.py lint_templates` prints what it finds.

A file is read as text, not rendered: Django's tags are blanked (line breaks stay, so that line numbers hold) and what
is left is taken apart as HTML.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

_BASECOAT = """
    accordion alert avatar badge breadcrumb btn button-group card checkbox dialog drawer dropdown-menu empty field
    fieldset form input input-group item kbd label popover progress radio select sidebar skeleton switch table tabs
    textarea toast tooltip
"""
LIBRARY_CLASSES = frozenset(_BASECOAT.split())
SPOKEN_ATTRIBUTES = frozenset({"alt", "aria-label", "help", "label", "note", "placeholder", "title"})

_BLANKED = [
    re.compile(r"\{#.*?#\}"),
    re.compile(r"\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}", re.DOTALL),
    re.compile(r"\{%\s*blocktrans(?:late)?\b.*?%\}.*?\{%\s*endblocktrans(?:late)?\s*%\}", re.DOTALL),
    re.compile(r"\{%.*?%\}", re.DOTALL),
    re.compile(r"\{\{.*?\}\}", re.DOTALL),
    re.compile(r"<!--.*?-->", re.DOTALL),
]
_TAG = re.compile(r"<(/?[a-zA-Z][\w.:-]*|!doctype)((?:\"[^\"]*\"|'[^']*'|[^'\">])*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![^\s\"'])([:@a-zA-Z][\w:.@-]*)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
_WORD = re.compile(r"[^\W\d_]{2,}")
_PHYSICAL_CLASS = re.compile(
    r"-?(?:scroll-)?(?:ml|mr|pl|pr)-|-?(?:left|right)-|text-(?:left|right)$|(?:float|clear)-(?:left|right)$"
    r"|(?:border|rounded)-(?:l|r|tl|tr|bl|br)(?:-|$)"
)
_PHYSICAL_CSS = re.compile(
    r"(?:margin|padding|border)-(?:left|right)\b|(?<![\w-])(?:left|right)\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right)"
)
_VARIANT = re.compile(r"^(?:(?:\[[^\]]*\]|[^:\[\]]+):)+")
_DECLARED = re.compile(r"<c-vars\b(.*?)/?>", re.DOTALL)
_UNESCAPED = re.compile(r"\|\s*safe(?:seq)?\b|\{%\s*autoescape\s+off\s*%\}")


@dataclass(frozen=True, slots=True)
class Finding:
    path: str
    line: int
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.reason}"


Find = partial[Finding]  # given a line, a rule and a reason


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    attributes: dict[str, str]
    line: int


def lint_html(path: str, text: str, components: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with one HTML template.

    :param path: relative to the templates folder, e.g. "interviews/candidate/room.html".
    :param components: the text of every component by its tag name, e.g. {"c-button": "<c-vars ..."}.
    """
    plain = _blank(text)
    find = partial(Finding, path)
    findings = [*_unescaped(find, text), *_untranslated_text(find, plain)]
    for tag in _tags(plain):
        findings += _tag_findings(find, tag)
        findings += _class_findings(find, tag, is_component=path.startswith("cotton/"))
        findings += _dynamic_attributes(find, tag, components.get(tag.name, ""))
    return sorted(findings, key=lambda finding: (finding.line, finding.rule))


def lint_text(path: str, text: str) -> list[Finding]:
    """Return the untranslated lines of a plain-text template (mail)."""
    return list(_untranslated_text(partial(Finding, path), _blank(text)))


def lint_css(path: str, text: str) -> list[Finding]:
    """Return the physical directions in a stylesheet source."""
    plain = re.sub(r"/\*.*?\*/", _spaces, text, flags=re.DOTALL)
    return [
        Finding(path, _line(plain, match.start()), "physical-css", f"{match[0].strip()}: write the logical property")
        for match in _PHYSICAL_CSS.finditer(plain)
    ]


def declared_names(component: str) -> set[str]:
    """Return the attribute names that a component lists in its <c-vars>."""
    declaration = _DECLARED.search(component)
    if declaration is None:
        return set()
    return {match[1].lstrip(":").replace("-", "_") for match in _ATTRIBUTE.finditer(declaration[1])}


def _spaces(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _blank(text: str) -> str:
    for pattern in _BLANKED:
        text = pattern.sub(_spaces, text)
    return text


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _tags(plain: str) -> Iterator[Tag]:
    for match in _TAG.finditer(plain):
        attributes = {found[1]: (found[2] or "").strip("\"'") for found in _ATTRIBUTE.finditer(match[2])}
        yield Tag(match[1].lower(), attributes, _line(plain, match.start()))


def _unescaped(find: Find, text: str) -> Iterator[Finding]:
    for match in _UNESCAPED.finditer(text):
        yield find(_line(text, match.start()), "unescaped", "people's words must be escaped")


def _untranslated_text(find: Find, plain: str) -> Iterator[Finding]:
    without_code = re.sub(r"<(script|style)\b.*?</\1\s*>", _spaces, plain, flags=re.DOTALL | re.IGNORECASE)
    text = re.sub(r"&#?\w+;", _spaces, _TAG.sub(_spaces, without_code))
    for number, line in enumerate(text.split("\n"), start=1):
        if _WORD.search(line):
            yield find(number, "untranslated", f"{' '.join(line.split())!r} stands outside of a translate tag")


def _tag_findings(find: Find, tag: Tag) -> Iterator[Finding]:
    if tag.name == "script" and "src" not in tag.attributes:
        yield find(tag.line, "inline-script", "the content security policy refuses it: make it a module in static/js")
    if tag.name == "style":
        yield find(tag.line, "inline-style", "the content security policy refuses it: use utilities or assets/css")
    for name, value in tag.attributes.items():
        bare = name.lstrip(":")
        if bare == "style":
            yield find(tag.line, "inline-style", "the content security policy refuses style attributes")
        if re.match(r"on[a-z]+$|hx-on|x-on|@", name) or value.lower().startswith("javascript:"):
            yield find(tag.line, "inline-script", f"{name}: the content security policy refuses it, listen in a module")
        if name in SPOKEN_ATTRIBUTES and _WORD.search(value):
            yield find(tag.line, "untranslated", f"{name}={value!r} is read by people: put a translate tag in it")
    if "hx-get" in tag.attributes and not {"href", "action"} & tag.attributes.keys():
        yield find(tag.line, "hx-get", "without JavaScript this goes nowhere: give it an href that works")


def _class_findings(find: Find, tag: Tag, *, is_component: bool) -> Iterator[Finding]:
    for token in tag.attributes.get("class", "").split():
        utility = _VARIANT.sub("", token).lstrip("!")
        if _PHYSICAL_CLASS.match(utility) or _PHYSICAL_CSS.search(token):
            yield find(tag.line, "physical-css", f"{token}: write the logical one (ms- me- ps- pe- start- end-)")
        if utility in LIBRARY_CLASSES and not is_component:
            yield find(tag.line, "library-class", f"{token} belongs to the library: use its <c-...> component")


def _dynamic_attributes(find: Find, tag: Tag, component: str) -> Iterator[Finding]:
    """Find what a component prints unescaped through {{ attrs }}: given with a colon and not declared."""
    if "{{ attrs }}" not in component:
        return
    for name in tag.attributes:
        if name.startswith(":") and name[1:].replace("-", "_") not in declared_names(component):
            yield find(tag.line, "unescaped", f'{name}= reaches the page unescaped: write {name[1:]}="{{{{ ... }}}}"')
