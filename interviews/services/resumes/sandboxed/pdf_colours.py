"""Colours of a PDF's graphics state, as far as they are known without drawing."""

from dataclasses import dataclass
from typing import Any

from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdftypes import PDFStream, list_value, resolve1
from pdfminer.psparser import literal_name

from . import colours
from .colours import Rgb

NO_INK = 0.02
MOST_STOPS = 32


@dataclass(frozen=True)
class Pattern:
    """A colour that is a pattern of the resources, or of none."""

    spec: Any


def seen(colour: Any, space: PDFColorSpace, spec: Any) -> Rgb | None:
    """The colour of these components in this space; `spec` is how the resources define the space."""
    values = colour if isinstance(colour, tuple) else (colour,)
    if not values or not all(isinstance(value, int | float) for value in values):
        return None  # a pattern
    name = space.name
    if name in ("Separation", "DeviceN"):
        return _of_inks(values, spec)
    if name == "Indexed":
        return _of_table(int(values[0]), spec)
    if name == "Lab":
        flat = max(abs(values[1]), abs(values[2])) < 10
        return colours.of_components([values[0] / 100]) if flat else None
    return colours.of_components(values)


def initial(space: PDFColorSpace) -> Any:
    """The colour a space begins with."""
    if space.name in ("Separation", "DeviceN"):
        return (1.0,) * space.ncomponents
    if space.name == "Pattern":
        return Pattern(None)
    if space.ncomponents == 4:
        return (0.0, 0.0, 0.0, 1.0)
    return (0.0,) * space.ncomponents


def of_gradient(colour: Any) -> tuple[Rgb, ...]:
    """The colours of a pattern that is a gradient; none of any other."""
    spec = resolve1(colour.spec) if isinstance(colour, Pattern) else None
    return of_shading(spec.get("Shading")) if isinstance(spec, dict) else ()


def of_shading(shading: Any) -> tuple[Rgb, ...]:
    """The colours at the stops of a gradient, or none where one of its functions is a program."""
    shading = resolve1(shading)
    given = shading.attrs if isinstance(shading, PDFStream) else shading
    if not isinstance(given, dict) or components(given.get("ColorSpace")) is None:
        return ()
    stops = _stops(given.get("Function"), 0)
    found = [colours.of_components(stop) for stop in stops]
    return tuple(stop for stop in found if stop) if None not in found else ()


def _stops(function: Any, depth: int) -> list[list[float]]:
    given = resolve1(function)
    if not isinstance(given, dict) or depth > 2:
        return [[]]  # not known
    if resolve1(given.get("FunctionType")) == 2:
        return [_numbers(given.get("C0"), [0.0]), _numbers(given.get("C1"), [1.0])]
    parts = list_value(given.get("Functions"))[:MOST_STOPS]
    return [stop for part in parts for stop in _stops(part, depth + 1)] or [[]]


def _of_inks(tints: tuple[float, ...], spec: Any) -> Rgb | None:
    if max(tints) <= NO_INK:
        return colours.WHITE
    parts = list_value(spec)
    if len(parts) < 4 or len(tints) != 1:
        return None
    if resolve1(parts[1]) is not None and _name(parts[1]) == "None":
        return colours.WHITE  # an ink that no device puts on
    return _by_function(tints[0], parts[3])


def _by_function(tint: float, function: Any) -> Rgb | None:
    """Exponential functions, and sampled ones of a byte a value; the others are programs."""
    function = resolve1(function)
    of = function.attrs if isinstance(function, PDFStream) else function
    if not isinstance(of, dict):
        return None
    if resolve1(of.get("FunctionType")) == 2:
        low, high = (_numbers(of.get(key), default) for key, default in (("C0", [0.0]), ("C1", [1.0])))
        rise = tint ** float(resolve1(of.get("N")) or 1)
        return colours.of_components([a + rise * (b - a) for a, b in zip(low, high, strict=False)])
    if resolve1(of.get("FunctionType")) == 0 and isinstance(function, PDFStream):
        return _by_samples(tint, function)
    return None


def _by_samples(tint: float, function: PDFStream) -> Rgb | None:
    ranges = _numbers(function.get("Range"), [])
    count = len(ranges) // 2
    steps = _numbers(function.get("Size"), [0.0])[0]
    if not count or steps < 1 or resolve1(function.get("BitsPerSample")) != 8:
        return None
    at = round(min(1.0, max(0.0, tint)) * (steps - 1)) * count
    sample = function.get_data()[at : at + count]
    if len(sample) != count:
        return None
    values = [
        low + byte / 255 * (high - low) for byte, low, high in zip(sample, ranges[::2], ranges[1::2], strict=True)
    ]
    return colours.of_components(values)


def _of_table(index: int, spec: Any) -> Rgb | None:
    parts = list_value(spec)
    if len(parts) < 4:
        return None
    base, table = resolve1(parts[1]), resolve1(parts[3])
    data = table.get_data() if isinstance(table, PDFStream) else table
    size = components(base)
    if not isinstance(data, bytes) or size is None:
        return None
    entry = data[index * size : (index + 1) * size]
    return colours.of_components([byte / 255 for byte in entry]) if len(entry) == size else None


def components(space: Any) -> int | None:
    """How many numbers a plain colour space takes; None for inks and tables."""
    space = resolve1(space)
    parts = space if isinstance(space, list) else [space]
    name = _name(parts[0])
    if name == "ICCBased" and len(parts) > 1:
        profile = resolve1(parts[1])
        return resolve1(profile.get("N")) if isinstance(profile, PDFStream) else None
    return {"DeviceGray": 1, "CalGray": 1, "G": 1, "DeviceRGB": 3, "CalRGB": 3, "RGB": 3, "DeviceCMYK": 4}.get(name)


def _numbers(value: Any, default: list[float]) -> list[float]:
    found = [resolve1(item) for item in list_value(value)] if value is not None else default
    return [float(item) for item in found if isinstance(item, int | float)]


def _name(value: Any) -> str:
    try:
        return str(literal_name(resolve1(value)))
    except Exception:
        return ""
