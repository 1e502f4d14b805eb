"""Brand colours: one colour in, readable pairs for light and dark pages out.

Contrast is measured (WCAG 2.x ratio) on the eight-bit hex values that are served, so what is promised is what is seen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from coloraide import Color
from django.utils.translation import gettext as _

TEXT_CONTRAST = 4.5  # WCAG 1.4.3, text
SHAPE_CONTRAST = 3.0  # WCAG 1.4.11, shapes and focus marks
WHITE = "#ffffff"
INK = "#0a0a0a"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 200  # lightness is searched in steps of half a per cent
_HOVER_SHIFT = 0.06
_SUBTLE_LIGHT = (0.965, 0.02)  # OKLCH lightness and most chroma of a tinted surface
_SUBTLE_DARK = (0.235, 0.04)


class BadBrandColour(ValueError):
    """A brand colour is written as # and six hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a page looks like under the brand: `surfaces` are the backgrounds that brand colours stand on."""

    page: str
    surfaces: tuple[str, ...]
    subtle: tuple[float, float]


LIGHT = Scheme(page=WHITE, surfaces=(WHITE, "#fafafa", "#f5f5f5"), subtle=_SUBTLE_LIGHT)
DARK = Scheme(page=INK, surfaces=(INK, "#121212", "#262626"), subtle=_SUBTLE_DARK)


@dataclass(frozen=True, slots=True)
class Pair:
    """Hex colours for one scheme.

    `foreground` on `background` and on `hover`: at least 4.5:1. `background` on the page: at least 3:1.
    `ring` on every surface: at least 3:1. `text` on every surface and on `subtle`: at least 4.5:1.
    """

    background: str
    foreground: str
    hover: str
    ring: str
    text: str
    subtle: str


@dataclass(frozen=True, slots=True)
class Palette:
    light: Pair
    dark: Pair


def palette(brand_hex: str) -> Palette:
    """Return the light and the dark pair nearest to `brand_hex` ("#rrggbb").

    :raises BadBrandColour: if it is not a six-digit hex colour.
    """
    if not _HEX.fullmatch(brand_hex):
        raise BadBrandColour(_("Write the colour as # and six hexadecimal digits, for example #4338ca."))
    return Palette(light=_pair(brand_hex, LIGHT), dark=_pair(brand_hex, DARK))


def branding_css(palette: Palette) -> str:
    """Return the custom properties of /branding.css, for light pages and, by the reader's system setting, dark ones."""
    light, dark = _properties(palette.light), _properties(palette.dark)
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def contrast(first: str, second: str) -> float:
    """Return the WCAG 2 contrast ratio of two hex colours, 1 to 21."""
    return float(Color(first).contrast(second, method="wcag21"))


def _pair(brand: str, scheme: Scheme) -> Pair:
    background = next(
        shade for shade in _nearest_shades(brand) if contrast(shade, scheme.page) >= SHAPE_CONTRAST and _ink_on(shade)
    )
    foreground = _ink_on(background)
    subtle = _tint(brand, scheme)
    return Pair(
        background=background,
        foreground=foreground,
        hover=_hover(background, foreground),
        ring=_readable(brand, scheme.surfaces, SHAPE_CONTRAST),
        text=_readable(brand, (*scheme.surfaces, subtle), TEXT_CONTRAST),
        subtle=subtle,
    )


def _nearest_shades(brand: str) -> Iterator[str]:
    """Yield `brand`, then the same hue lighter and darker, ever further away, to white and black."""
    yield brand.lower()
    lightness = Color(brand).convert("oklch")["lightness"]
    for step in range(1, _STEPS + 1):
        for sign in (1, -1):
            shade = lightness + sign * step / _STEPS
            if 0 <= shade <= 1:
                yield _at_lightness(brand, shade)


def _at_lightness(colour: str, lightness: float, most_chroma: float = 1.0) -> str:
    shade = Color(colour).convert("oklch").set("lightness", lightness)
    shade["chroma"] = min(shade["chroma"], most_chroma)
    return shade.convert("srgb").fit(method="oklch-chroma").to_string(hex=True)


def _ink_on(background: str) -> str:
    """Return white or near-black, whichever is readable on `background` (white first), or "" if neither is."""
    return next((ink for ink in (WHITE, INK) if contrast(ink, background) >= TEXT_CONTRAST), "")


def _hover(background: str, foreground: str) -> str:
    """Return a shade further from the text than `background`: pointing at a button never lowers its contrast."""
    lightness = Color(background).convert("oklch")["lightness"]
    shifted = lightness - _HOVER_SHIFT if foreground == WHITE else lightness + _HOVER_SHIFT
    return _at_lightness(background, min(max(shifted, 0.0), 1.0))


def _readable(brand: str, surfaces: tuple[str, ...], ratio: float) -> str:
    return next(
        shade for shade in _nearest_shades(brand) if all(contrast(shade, surface) >= ratio for surface in surfaces)
    )


def _tint(brand: str, scheme: Scheme) -> str:
    lightness, most_chroma = scheme.subtle
    return _at_lightness(brand, lightness, most_chroma)


def _properties(pair: Pair) -> str:
    values = {
        "brand": pair.background,
        "brand-foreground": pair.foreground,
        "brand-hover": pair.hover,
        "brand-ring": pair.ring,
        "brand-text": pair.text,
        "brand-subtle": pair.subtle,
    }
    return "".join(f"--{name}:{value};" for name, value in values.items())
