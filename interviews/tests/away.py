"""Candidates who could not begin, for tests."""

from django.urls import reverse

from billing.models import QuotaPeriod
from billing.tests import bought
from billing.tests.counted import leave
from interviews.models import Interview, Mail
from interviews.tests import make


def full() -> None:
    """Nothing is left of the current period."""
    leave(0)
    QuotaPeriod.objects.filter(subscription=bought.held()).update(credited=0, overage_allowed=0)


def away(email: str = "ada@example.org") -> Interview:
    """A candidate who wanted to begin and could not."""
    one = make.invited(email)
    interview = make.consented(one)
    response = make.browser(one.invitation).post(reverse("candidate_ready", args=[interview.pk]))
    assert response.status_code == 409, response.status_code
    return interview


def told() -> list[str]:
    """Who got the mail that they can begin."""
    return sorted(row.recipient for row in Mail.objects.filter(kind="room"))
