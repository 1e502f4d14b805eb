"""Rows for tests of core, which imports no app: models are found by name, and sealed columns hold any bytes."""

from datetime import UTC, datetime
from typing import Any

from django.apps import apps

from core.ids import uuid7

SEALED = b"sealed"


def model(label: str) -> Any:
    """The model with this label, such as `interviews.Mail`."""
    return apps.get_model(label)


def interview() -> Any:
    """An interview of the current tenant."""
    job = model("interviews.Job").objects.create(slug=f"job-{uuid7()}", title="Data Engineer")
    version = model("interviews.JobVersion").objects.create(job=job, number=1)
    candidate = model("interviews.Candidate").objects.create(name=SEALED, email=SEALED, email_index=uuid7().hex)
    application = model("interviews.Application").objects.create(candidate=candidate, job=job)
    return model("interviews.Interview").objects.create(
        application=application, version=version, subject_id=candidate.pk, expires_at=datetime(2100, 1, 1, tzinfo=UTC)
    )


def mail() -> Any:
    """A row that workers claim: it waits, and nobody took it yet."""
    to = interview()
    return model("interviews.Mail").objects.create(
        kind="invitation", interview=to, subject_id=to.subject_id, recipient=SEALED, subject=SEALED
    )
