"""What a tenant's programs may list: keys, states and times."""

from django.db.models import QuerySet

from interviews.models import Interview, Job

TIMES = ("created_at", "started_at", "completed_at", "last_activity_at", "expires_at")
SHOWN = ("application__job_id", "number", "status", *TIMES)


def jobs() -> QuerySet[Job]:
    """Every job of the tenant."""
    return Job.objects.all()


def interviews() -> QuerySet[Interview]:
    """Every interview of the tenant, with its job's key; no result, no stage: those wait for reviews."""
    return Interview.objects.select_related("application").only(*SHOWN)
