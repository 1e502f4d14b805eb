"""Where addresses and keys of the environment are read from, and what {NAME} in an address stands for."""

import os
import re
from collections.abc import Mapping

from django.conf import settings

PLACE = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")


def values() -> Mapping[str, str]:
    """The variables by name: the process's, or in tests what they chose."""
    found: Mapping[str, str] = getattr(settings, "LLM_ENV", os.environ)
    return found


def fill(text: str) -> str:
    """`text` with each {NAME} replaced by that variable; "" for one that is not set."""
    return PLACE.sub(lambda place: values().get(place[1], ""), text)


def missing(text: str) -> list[str]:
    """The variables that `text` waits for."""
    return [name for name in PLACE.findall(text) if not values().get(name)]
