"""How a server is asked whose address no account of the registry has (Ollama, vLLM, llama.cpp, a proxy)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "providers.json"


def not_for_chat() -> list[str]:
    """Parts of names by which models are known that can't hold a conversation."""
    parts: list[str] = manners()["not_for_chat"]
    return parts


@cache
def manners() -> dict[str, Any]:
    """Fields of llm.targets.Target, and `not_for_chat`."""
    found: dict[str, Any] = json.loads(DATA.read_text())["own_server"]
    return found
