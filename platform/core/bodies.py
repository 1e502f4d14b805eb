"""How large the body of a request may be: settings.MAX_BODY_BYTES, and more at the few addresses that take a file."""

import re

from django.conf import settings

FRAME = 16 * 1024  # what a form adds around its file: a token, a name, boundaries

_larger: dict[re.Pattern[str], int] = {}


def allow_file(path: str, size: int) -> None:
    """Let addresses that match this expression as a whole take a file of `size` bytes (called in AppConfig.ready)."""
    _larger[re.compile(path)] = size + FRAME


def most(path: str) -> int:
    """Bytes that a body sent to this address may have."""
    return next((size for pattern, size in _larger.items() if pattern.fullmatch(path)), settings.MAX_BODY_BYTES)
