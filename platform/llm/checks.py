"""System checks of the model layer."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from llm import filters, providers
from llm.policy import TenantPolicy


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
    """A model without a price is used, and its cost stays unknown."""
    unknown = set()
    for complexity in providers.COMPLEXITIES:
        target = providers.choose(TenantPolicy(schema="public"), complexity)
        if target is not None and target.price is None:
            unknown.add(f"{target.account}/{target.model or 'first model'}")
    hint = "Costs of these calls are stored as unknown. Give the model a row in llm/data/providers.json."
    return [Warning(f"No price is known for {name}.", hint=hint, id="llm.W001") for name in sorted(unknown)]
