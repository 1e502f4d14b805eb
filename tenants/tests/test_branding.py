import re
from pathlib import Path

import pytest

from tenants.branding import (
    DARK,
    LIGHT,
    SHAPE_CONTRAST,
    TEXT_CONTRAST,
    BadBrandColour,
    Pair,
    Scheme,
    branding_css,
    contrast,
    palette,
)

BRANDS = ["#4338ca", "#ffff00", "#000000", "#ffffff", "#0f766e", "#e11d48", "#777777", "#00ff00", "#f97316"]
TOKENS = Path(__file__).parents[2] / "assets/css/tokens.css"


def ratios(pair: Pair, scheme: Scheme) -> tuple[float, float]:
    """Contrast of text on the brand, and of the brand on the page, to two places."""
    return round(contrast(pair.foreground, pair.background), 2), round(contrast(pair.background, scheme.page), 2)


def test_contrast_is_the_wcag_ratio() -> None:
    assert round(contrast("#ffffff", "#000000"), 2) == 21.0
    assert round(contrast("#4338ca", "#ffffff"), 2) == 7.9
    assert round(contrast("#4338ca", "#0a0a0a"), 2) == 2.51


@pytest.mark.parametrize(
    ("brand", "light", "dark"),
    [
        ("#4338ca", (7.9, 7.9), (6.45, 3.07)),
        ("#ffff00", (6.45, 3.07), (18.44, 18.44)),
        ("#000000", (21.0, 21.0), (6.58, 3.01)),
        ("#ffffff", (6.53, 3.03), (19.8, 19.8)),
    ],
)
def test_a_brand_gets_these_exact_ratios(brand: str, light: tuple[float, float], dark: tuple[float, float]) -> None:
    colours = palette(brand)

    assert ratios(colours.light, LIGHT) == light
    assert ratios(colours.dark, DARK) == dark


def test_a_colour_that_is_readable_already_is_kept_as_it_is() -> None:
    assert palette("#4338CA").light == Pair(
        background="#4338ca",
        foreground="#ffffff",
        hover="#3620b5",
        ring="#4338ca",
        text="#4338ca",
        subtle="#f0f3ff",
    )


@pytest.mark.parametrize("brand", BRANDS)
def test_every_promised_contrast_holds(brand: str) -> None:
    colours = palette(brand)

    for pair, scheme in ((colours.light, LIGHT), (colours.dark, DARK)):
        assert contrast(pair.foreground, pair.background) >= TEXT_CONTRAST
        assert contrast(pair.foreground, pair.hover) >= contrast(pair.foreground, pair.background)
        assert contrast(pair.background, scheme.page) >= SHAPE_CONTRAST
        for surface in scheme.surfaces:
            assert contrast(pair.ring, surface) >= SHAPE_CONTRAST
            assert contrast(pair.text, surface) >= TEXT_CONTRAST
        assert contrast(pair.text, pair.subtle) >= TEXT_CONTRAST


@pytest.mark.parametrize("wrong", ["", "4338ca", "#43c", "#4338cag", "#4338ca ", "red", "#4338ca;}body{display:none"])
def test_anything_but_a_six_digit_hex_colour_is_refused(wrong: str) -> None:
    with pytest.raises(BadBrandColour):
        palette(wrong)


def test_the_stylesheet_holds_both_schemes_and_nothing_else() -> None:
    css = branding_css(palette("#4338ca"))

    light, dark = css.split("@media (prefers-color-scheme:dark)")
    assert "--brand:#4338ca;--brand-foreground:#ffffff;" in light
    assert "--brand:#4d48da;--brand-foreground:#ffffff;" in dark
    assert re.sub(r"--brand[a-z-]*:#[0-9a-f]{6};", "", css) == ":root{}\n@media (prefers-color-scheme:dark){:root{}}\n"


def test_the_built_in_brand_is_what_we_would_compute_for_it() -> None:
    declared = re.findall(r"(--brand[a-z-]*): (#[0-9a-f]{6});", TOKENS.read_text())

    assert declared == re.findall(r"(--brand[a-z-]*):(#[0-9a-f]{6});", branding_css(palette("#4338ca")))
