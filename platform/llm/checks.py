"""System checks of the model layer."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from llm import environment, filters, loading, plausible


@register(Tags.security)
def input_filters_are_there(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without its filters the gateway would send names and addresses out as they are."""
    hint = "LLM_INPUT_FILTERS lists dotted paths such as compliance.redaction.redact."
    if not filters.paths():
        return [Error("LLM_INPUT_FILTERS is empty: nothing would be redacted.", hint=hint, id="llm.E001")]
    try:
        filters.load()
    except ImportError as error:
        return [Error(f"An input filter can't be loaded: {error}", hint=hint, id="llm.E002")]
    return []


@register(Tags.compatibility, deploy=True)
def prices_are_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A model of one's own server is used without a price, and its cost stays unknown. Asks no database."""
    env = environment.values()
    address, model = env.get("OPENAI_BASE_URL", ""), env.get("LLM_MODEL", "")
    if not address or _is_priced(address, model):
        return []
    hint = "Costs of these calls are stored as unknown. Add the server and its model to llm/data/providers.json."
    named = "LLM_MODEL" if plausible.looks_like_a_key(model) else model or "(its first model)"
    return [Warning(f"No price is known for {_host(address)} {named}.", hint=hint, id="llm.W001")]


def _host(address: str) -> str:
    """The server's name alone: an address may hold a password."""
    try:
        parts = urlsplit(address)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        host = None
    return host if host and not plausible.looks_like_a_key(host) else "the server of OPENAI_BASE_URL"


def _is_priced(address: str, model: str) -> bool:
    """Whether the data file has this server, with a price for the model that was named."""
    for provider in json.loads(loading.DATA.read_text())["providers"]:
        if provider["base_url"].rstrip("/") == address.rstrip("/"):
            return any("price" in offer and model in ("", offer["model"]) for offer in provider["offers"])
    return False
