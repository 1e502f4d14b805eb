"""Error reports without people in them."""

from typing import Any

import sentry_sdk

from config.logging import scrub

PERSONAL = ("request", "user", "extra", "breadcrumbs")


def start(dsn: str, *, environment: str) -> None:
    """Report unexpected errors to `dsn`: no locals, no bodies, no breadcrumbs, no messages."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        before_send=_without_people,
    )


def _without_people(event: Any, hint: dict[str, Any]) -> Any:
    for name in PERSONAL:
        event.pop(name, None)
    for error in event.get("exception", {}).get("values", []):
        error["value"] = ""  # a message may quote what a person typed
    if "logentry" in event:
        event["logentry"] = {"message": scrub(str(event["logentry"].get("message", "")))}
    if "transaction" in event:
        event["transaction"] = scrub(str(event["transaction"]))
    return event
