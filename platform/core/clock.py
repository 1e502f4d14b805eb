"""Time enters at the edge: services take or ask for it here, sweeps and leases use the database's."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The current instant, aware, UTC."""
    return timezone.now()
