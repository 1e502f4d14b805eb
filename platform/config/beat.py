"""What beat sends, and how often: the sweep over what is owed, and the model layer's housekeeping."""

from typing import Any

from celery.schedules import schedule


def _every(seconds: float, task: str, *, expires: int = 900) -> dict[str, Any]:
    # A message is void for a worker whose clock is ahead by more than it lasts; without workers 300 sweeps pile up.
    return {"task": task, "schedule": schedule(seconds), "options": {"expires": expires}}


CELERY_BEAT_SCHEDULE = {
    "sweep": _every(3.0, "core.sweep_due"),
    "sign-ups": _every(60.0, "tenants.look_after_sign_ups", expires=60),
    "saml-forget": _every(300.0, "tenants.forget_saml"),
    "llm-keys": _every(300.0, "llm.watch_keys", expires=300),
    "llm-roll-up": _every(300.0, "llm.roll_up"),
    "llm-settle-lost": _every(60.0, "llm.settle_lost"),
    "llm-judge": _every(300.0, "llm.judge_experiments"),
    "reconciliations": _every(3600.0, "billing.owe_reconciliations"),
}
