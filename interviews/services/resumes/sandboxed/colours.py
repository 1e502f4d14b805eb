"""Colours as red, green and blue from 0 to 1; None where a colour cannot be known without drawing it."""

from collections.abc import Callable, Sequence

Rgb = tuple[float, float, float]
WHITE: Rgb = (1.0, 1.0, 1.0)
BLACK: Rgb = (0.0, 0.0, 0.0)
BLENDS: dict[str, Callable[[float, float], float]] = {
    "Multiply": lambda a, b: a * b,
    "ColorBurn": lambda a, b: b if a >= 1 else a * b,
    "Darken": lambda a, b: min(a, b),
    "Screen": lambda a, b: 1 - (1 - a) * (1 - b),
    "ColorDodge": lambda a, b: b if a <= 0 else max(a, b),
    "Lighten": lambda a, b: max(a, b),
    "Difference": lambda a, b: abs(a - b),
    "Exclusion": lambda a, b: a + b - 2 * a * b,
}
LEAST_CONTRAST = 1.2  # light grey (#ddd) on white has 1.36
LEAST_STEP = 0.2  # yellow on white has little contrast, and is seen


def of_components(values: Sequence[float]) -> Rgb | None:
    """Grey, RGB or CMYK by how many there are."""
    held = [min(1.0, max(0.0, value)) for value in values]
    if len(held) == 1:
        return (held[0],) * 3
    if len(held) == 3:
        return held[0], held[1], held[2]
    if len(held) == 4:
        c, m, y, k = held
        return (1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)
    return None


def of_hex(text: str) -> Rgb | None:
    """From "FFCC00"."""
    try:
        number = int(text, 16)
    except ValueError:
        return None
    return ((number >> 16 & 255) / 255, (number >> 8 & 255) / 255, (number & 255) / 255) if len(text) == 6 else None


def merge(top: Rgb, below: Rgb, alpha: float) -> Rgb:
    """What is seen of a colour that lets the one below through."""
    red, green, blue = (alpha * a + (1 - alpha) * b for a, b in zip(top, below, strict=True))
    return red, green, blue


def blend(mode: str, top: Rgb, below: Rgb) -> Rgb:
    """What is seen of a colour in one of the modes that can make it vanish."""
    rule = BLENDS.get(mode)
    if rule is None:
        return top
    red, green, blue = (rule(a, b) for a, b in zip(top, below, strict=True))
    return red, green, blue


def look_alike(one: Rgb, other: Rgb) -> bool:
    """Whether nobody can tell text of the one from paper of the other."""
    step = max(abs(a - b) for a, b in zip(one, other, strict=True))
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return step < LEAST_STEP and (light + 0.05) / (dark + 0.05) < LEAST_CONTRAST


def _luminance(colour: Rgb) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
