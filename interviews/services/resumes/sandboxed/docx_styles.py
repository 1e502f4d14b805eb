"""How a run of a DOCX looks: defaults, then styles and what they are based on, then what it says itself."""

from dataclasses import dataclass, replace

from lxml import etree

from . import colours
from .colours import Rgb
from .docx_names import W14, A, W

DEEPEST = 20  # styles based on styles
NAMED = {
    "black": "000000", "white": "FFFFFF", "red": "FF0000", "blue": "0000FF", "green": "00FF00", "yellow": "FFFF00",
    "cyan": "00FFFF", "magenta": "FF00FF", "darkBlue": "000080", "darkCyan": "008080", "darkGreen": "008000",
    "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000", "darkGray": "808080", "lightGray": "C0C0C0",
}  # fmt: skip
THEME = {"background1": "lt1", "text1": "dk1", "background2": "lt2", "text2": "dk2", "bg1": "lt1", "tx1": "dk1",
         "bg2": "lt2", "tx2": "dk2", "light1": "lt1", "dark1": "dk1", "light2": "lt2", "dark2": "dk2",
         "hyperlink": "hlink", "followedHyperlink": "folHlink"}  # fmt: skip
CLEAR_ALPHA = 95_000
AUTO: Rgb = (-1.0, -1.0, -1.0)  # the word processor takes black on light and white on dark


@dataclass(frozen=True)
class Look:
    """What of a run's looks can hide it; None is what it does not say."""

    vanish: bool | None = None
    web_hidden: bool | None = None
    colour: Rgb | None = None
    points: float | None = None
    paper: Rgb | None = None
    clear: bool = False
    squeezed: bool = False

    def over(self, below: "Look") -> "Look":
        """This look, and what it does not say from the one below."""
        return Look(
            vanish=below.vanish if self.vanish is None else self.vanish,
            web_hidden=below.web_hidden if self.web_hidden is None else self.web_hidden,
            colour=self.colour or below.colour,
            points=below.points if self.points is None else self.points,
            paper=self.paper or below.paper,
            clear=self.clear or below.clear,
            squeezed=self.squeezed or below.squeezed,
        )


class Styles:
    """The styles, defaults and theme colours of one document."""

    def __init__(self, styles: etree._Element | None, theme: etree._Element | None) -> None:
        self._theme = _theme(theme)
        self._styles: dict[str, etree._Element] = {}
        self._default: dict[str, str] = {}
        self.defaults = Look()
        if styles is not None:
            self._take(styles)

    def _take(self, styles: etree._Element) -> None:
        for style in styles.iterchildren(f"{W}style"):
            name = style.get(f"{W}styleId") or ""
            self._styles[name] = style
            if style.get(f"{W}default") in ("1", "true", "on"):
                self._default[style.get(f"{W}type") or ""] = name
        given = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        if given is not None:
            self.defaults = self.look(given)

    def of(self, paragraph: str | None, run: etree._Element | None, table: Look) -> Look:
        """How a run with these properties looks in a paragraph of this style."""
        by_paragraph = self.named(paragraph or self._default.get("paragraph"))
        named = run.find(f"{W}rStyle") if run is not None else None
        by_run = self.named(named.get(f"{W}val")) if named is not None else Look()
        styled = by_run.over(by_paragraph).over(table)
        # Hiding is a switch: a style of the run turns round what the paragraph's says.
        styled = replace(styled, vanish=_switched(by_paragraph.vanish, by_run.vanish))
        own = self.look(run) if run is not None else Look()
        return own.over(styled).over(self.defaults)

    def chain(self, name: str | None) -> list[etree._Element]:
        """The style and those it is based on, itself first."""
        found: list[etree._Element] = []
        while name in self._styles and len(found) < DEEPEST:
            found.append(self._styles[name])
            base = found[-1].find(f"{W}basedOn")
            name = base.get(f"{W}val") if base is not None else None
        return found

    def named(self, name: str | None) -> Look:
        """What a style says of its runs."""
        look = Look()
        for style in self.chain(name):
            given = style.find(f"{W}rPr")
            look = look.over(self.look(given)) if given is not None else look
        return look

    def look(self, given: etree._Element) -> Look:
        """What these run properties say themselves."""
        size, squeeze = _value(given, "sz"), _value(given, "w")
        colour = given.find(f"{W}color")
        highlight = _value(given, "highlight")
        paper = self.shade(given.find(f"{W}shd"))
        if highlight and highlight != "none":
            paper = colours.of_hex(NAMED.get(highlight, "")) or paper
        fill = given.find(f"{W14}textFill")
        return Look(
            vanish=_flag(given, "vanish", "specVanish"),
            web_hidden=_flag(given, "webHidden"),
            colour=self.colour(fill)
            if fill is not None and self.colour(fill)
            else self._of(colour, "val", "themeColor"),
            points=_number(size) / 2 if size else None,
            paper=paper,
            clear=fill is not None and _is_clear(fill),
            squeezed=bool(squeeze) and 0 < _number((squeeze or "").rstrip("%")) <= 10,
        )

    def shade(self, given: etree._Element | None) -> Rgb | None:
        """The colour of a shading; solid patterns show their own colour and not the fill's."""
        if given is None:
            return None
        if given.get(f"{W}val") == "solid":
            return self._of(given, "color", "themeColor")
        return self._of(given, "fill", "themeFill")

    def colour(self, given: etree._Element) -> Rgb | None:
        """The first plain colour below a drawing's element."""
        for item in given.iter():
            kind = etree.QName(item).localname
            if kind == "srgbClr":
                return colours.of_hex(item.get("val") or item.get(f"{W14}val") or "")
            if kind == "schemeClr":
                return self._changed(self._named(item.get("val") or item.get(f"{W14}val") or ""), item)
            if kind == "sysClr":
                return colours.of_hex(item.get("lastClr") or item.get(f"{W14}lastClr") or "")
        return None

    def _of(self, given: etree._Element | None, plain: str, themed: str) -> Rgb | None:
        if given is None:
            return None
        if plain == "val" and given.get(f"{W}{plain}") == "auto":
            return AUTO
        by_theme = given.get(f"{W}{themed}")
        found = self._named(by_theme) if by_theme else None
        if found is None:
            return colours.of_hex(given.get(f"{W}{plain}") or "")
        shade, tint = given.get(f"{W}{themed}Shade"), given.get(f"{W}{themed}Tint")
        if shade:
            found = colours.merge(found, colours.BLACK, int(shade, 16) / 255)
        if tint:
            found = colours.merge(found, colours.WHITE, int(tint, 16) / 255)
        return found

    def _named(self, name: str) -> Rgb | None:
        return self._theme.get(THEME.get(name, name))

    def _changed(self, found: Rgb | None, item: etree._Element) -> Rgb | None:
        """A theme's colour made darker or lighter."""
        if found is None:
            return None
        steps = {etree.QName(i).localname: _number(i.get("val") or i.get(f"{W14}val")) / 100_000 for i in item}
        found = colours.merge(found, colours.BLACK, steps["lumMod"]) if "lumMod" in steps else found
        return colours.merge(colours.WHITE, found, steps["lumOff"]) if "lumOff" in steps else found


def _theme(theme: etree._Element | None) -> dict[str, Rgb]:
    found = {"lt1": colours.WHITE, "dk1": colours.BLACK}
    scheme = theme.find(f".//{A}clrScheme") if theme is not None else None
    for item in scheme if scheme is not None else ():
        for colour in item:
            value = colours.of_hex(colour.get("lastClr") or colour.get("val") or "")
            if value:
                found[etree.QName(item).localname] = value
    return found


def _is_clear(fill: etree._Element) -> bool:
    if fill.find(f"{W14}noFill") is not None:
        return True
    alpha = fill.find(f".//{W14}alpha")  # of this name it is transparency, not opacity
    return alpha is not None and _number(alpha.get(f"{W14}val")) >= CLEAR_ALPHA


def _flag(given: etree._Element, *names: str) -> bool | None:
    values = [
        item.get(f"{W}val") not in ("0", "false", "off") for name in names for item in given.findall(f"{W}{name}")
    ]
    return any(values) if values else None


def _switched(one: bool | None, other: bool | None) -> bool | None:
    return bool(one) != bool(other) if one is not None or other is not None else None


def _value(given: etree._Element, name: str) -> str | None:
    item = given.find(f"{W}{name}")
    return item.get(f"{W}val") if item is not None else None


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
