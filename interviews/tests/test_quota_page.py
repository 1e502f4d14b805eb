"""The page for a candidate who cannot begin for want of quota: it promises a mail where one comes, and only there."""

from typing import Any

from django.urls import reverse

from billing.tests.counted import leave
from core.testing import TenantTestCase
from interviews.models import Candidate, Interview, TurnedAway
from interviews.services import opening, turned_away
from interviews.tests import make
from interviews.tests.away import full, told

PROMISE = "We will e-mail you once, with a new link, as soon as you can begin"


class PromiseTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.one = make.invited()
        self.interview = make.consented(self.one)
        full()

    def begin(self) -> Any:
        client = make.browser(self.one.invitation)
        return client.post(reverse("candidate_ready", args=[self.interview.pk]))

    def test_it_says_that_a_mail_comes_and_one_does(self) -> None:
        for _ in range(2):
            self.assertContains(self.begin(), PROMISE, status_code=409)

        leave(1)
        turned_away.tell()
        self.assertEqual(told(), ["ada@example.org"])

    def test_whoever_was_told_and_comes_too_late_is_promised_another(self) -> None:
        self.begin()
        TurnedAway.objects.update(told_at="2026-01-01T00:00Z")

        self.assertContains(self.begin(), PROMISE, status_code=409)

    def test_without_a_known_address_nothing_is_promised(self) -> None:
        candidate = Candidate.objects.get(pk=self.interview.application.candidate_id)
        candidate.email = ""
        candidate.save(update_fields=["email"])

        response = self.begin()

        self.assertNotContains(response, PROMISE, status_code=409)
        self.assertContains(response, "Please try again later.", status_code=409)

    def test_whose_invitation_is_over_gets_no_mail(self) -> None:
        self.begin()
        Interview.objects.filter(pk=self.interview.pk).update(status="expired")
        self.interview.refresh_from_db()

        self.assertFalse(opening.tell_quota_exhausted(self.interview))
        leave(1)
        turned_away.tell()
        self.assertEqual(told(), [])
