"""What `manage.py doctor` asks about models."""

from core.doctor import Finding, ok, warn
from llm import credentials, health, registry
from llm.models import Account
from llm.registry import Flag

MOST_NAMED = 6


def model() -> Finding:
    """Which models answer, and which accounts have a key and are not used all the same; nothing is asked of them."""
    targets = registry.targets()
    if registry.misplaced():
        return warn("none: LLM_MODEL looks like a key", "Write the name of a model there, and replace that key.")
    if not targets:
        reasons = _few(_with_a_key())
        found = f"none: interviews run in basic mode ({reasons})" if reasons else "none: interviews run in basic mode"
        return warn(found, "Give one provider's key, or OPENAI_BASE_URL.")
    accounts = sorted({target.account for target in targets})
    named = [f"{target.account} {target.model or '(its first model)'}" for target in targets]
    said = ", ".join(named) if len(named) <= MOST_NAMED else f"{len(named)} of {', '.join(accounts)}"
    mode = health.mode()
    if mode != health.FULL:
        why = ", ".join(health.trouble()) or "no strong model"
        return warn(f"{said}; {mode} ({why})", "See Model use in the admin.")
    skipped = _few([flag for flag in _with_a_key() if not flag.model])
    return warn(f"{said}; not used: {skipped}", "See Provider accounts in the admin.") if skipped else ok(said)


def _with_a_key() -> list[Flag]:
    """What is flagged although somebody gave a key for it."""
    sources = dict(Account.objects.exclude(key_source="none:").values_list("label", "key_source"))
    given = {label for label, source in sources.items() if not credentials.why_missing(source)}
    return [flag for flag in registry.flagged() if flag.account in given]


def _few(flags: list[Flag]) -> str:
    return " ".join(f"{flag.account}{'/' + flag.model if flag.model else ''}: {flag.reason}" for flag in flags[:3])
