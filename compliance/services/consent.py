"""Notice and consent: which text was shown, and what was agreed to."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import get_language

from compliance.models import Consent
from core import audit

NOTICE_VERSION = "1.0"
DAYS_KEPT = 365
NOTICE_TEMPLATE = "compliance/notice.txt"


class ConsentRequired(Exception):
    """Without agreeing to the AI's part there is no AI interview; a person can be asked for instead."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The text of the notice, its version, and the hash that the consent stores."""

    text: str
    version: str
    hash: str


def notice(*, company: str, days_kept: int) -> Notice:
    """The notice as this candidate sees it now."""
    text = render_to_string(NOTICE_TEMPLATE, {"company": company, "days_kept": days_kept}).strip()
    return Notice(text, NOTICE_VERSION, hashlib.sha256(text.encode()).hexdigest())


def give(
    *, interview_id: UUID, subject_id: UUID, shown: Notice, ai_evaluation: bool, keep_for_other_roles: bool
) -> Consent:
    """Store the consent.

    :raises ConsentRequired: if the AI's part was not agreed to.
    """
    if not ai_evaluation:
        raise ConsentRequired
    consent = Consent.objects.create(
        interview_id=interview_id,
        subject_id=subject_id,
        notice_version=shown.version,
        notice_hash=shown.hash,
        language=get_language() or "en",
        ai_evaluation=ai_evaluation,
        keep_for_other_roles=keep_for_other_roles,
    )
    audit.record("consent.given", consent, keep_for_other_roles=keep_for_other_roles)
    return consent
