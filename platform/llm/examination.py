"""What `manage.py doctor` asks about models."""

from core.doctor import Finding, ok, warn
from llm import providers
from llm.policy import TenantPolicy


def model() -> Finding:
    """Which account answers; nothing is asked of it."""
    targets = [providers.choose(TenantPolicy(schema="public"), complexity) for complexity in providers.COMPLEXITIES]
    named = sorted({f"{target.account} {target.model or '(its first model)'}" for target in targets if target})
    if not named:
        return warn("none: interviews run in basic mode", "Give one provider's key, or OPENAI_BASE_URL.")
    return ok(", ".join(named))
