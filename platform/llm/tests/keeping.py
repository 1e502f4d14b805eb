"""What the tests of the cache and of shared calls keep, and a Redis that is away."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import override_settings

from core import tenancy
from core.redis import client
from llm import cache
from llm.cache import Stored

ANSWER = Stored(
    text='{"text": "What did you measure? 名前 🙂"}', model="mock-1", finish_reason="stop",
    tokens_in=310, tokens_cached=256, tokens_out=18, cost_nano=41_250,
)  # fmt: skip
QUESTION: dict[str, Any] = {
    "feature": "question_drafts",
    "model_class": "medium",
    "prompt_version": "drafts.v1",
    "parameters": {"temperature": 0.0, "max_tokens": 200},
    "messages": [
        {"role": "system", "content": "You write questions."},
        {"role": "user", "content": "SECRET-PROMPT for Anna de Vries"},
    ],
    "output_schema": {"type": "object", "required": ["text"]},
}


def key(**changes: Any) -> str:
    """The key of an ordinary question of the tenant that was entered."""
    return cache.key(**{"schema": tenancy.schema(), **QUESTION, **changes})


@contextmanager
def redis_away() -> Iterator[None]:
    """Nobody answers on the port of Redis."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client.cache_clear()
        try:
            with override_settings(REDIS_URL=f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"):
                yield
        finally:
            client.cache_clear()


def held(name: str) -> Any:
    """What Redis itself holds there, in bytes."""
    return client().get(name)
