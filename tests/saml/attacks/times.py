"""A sound assertion too early, too late or for too long."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from lxml import etree

from tenants.services.saml.names import saml
from tests.saml.attacks.table import edited, said
from tests.saml.idp import Answer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
said("confirmation_over", "expired", "subject", confirmation_ends=-2 * MINUTE)
said("confirmation_without_an_end", "subject", confirmation_ends=None)
said("confirmation_for_a_day", "too_long", confirmation_ends=24 * HOUR)
said("confirmation_just_beyond_two_hours", "too_long", confirmation_ends=2 * HOUR + 2 * MINUTE)
said("confirmation_later", "too_early", "subject", confirmation_begins=5 * MINUTE)
said("conditions_over", "expired", ends=-2 * MINUTE)
said("conditions_over_by_ten_minutes", "expired", ends=-10 * MINUTE)
said("conditions_later", "too_early", not_before=2 * MINUTE)
said("conditions_in_an_hour", "too_early", not_before=HOUR)
said("issued_in_the_future", "too_early", issued=2 * MINUTE)
said("clock_an_hour_ahead", "too_early", issued=HOUR, not_before=HOUR, ends=2 * HOUR, confirmation_ends=HOUR + MINUTE)
said(
    "clock_an_hour_behind", "expired", "subject",
    issued=-HOUR, not_before=-HOUR, ends=-55 * MINUTE, confirmation_ends=-55 * MINUTE,
)  # fmt: skip
said("session_over", "session_over", session_ends=-2 * MINUTE)


def _issue_instant(value: str) -> Callable[[Answer, Any], Any]:
    def edit(answer: Answer, root: Any) -> Any:
        text = etree.tostring(root).replace(f'IssueInstant="{answer._at(answer.issued)}"'.encode(), value.encode())
        root = etree.fromstring(text)
        answer.add_signature(root.find(saml("Assertion")))
        return root

    return edit


edited("time_that_is_none", _issue_instant('IssueInstant="tomorrow"'), "schema", "bad_time", sign="none")
edited("time_with_an_offset", _issue_instant('IssueInstant="2026-01-01T00:00:00+14:00"'), "bad_time", sign="none")
