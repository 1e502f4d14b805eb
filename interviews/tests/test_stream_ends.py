"""An open event stream ends when the interview is withdrawn or its link is revoked; nobody else's does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.urls import reverse

from core.testing import TenantTestCase
from interviews.models import Interview, Turn
from interviews.services import invitations, listeners
from interviews.services.invitations import Invited
from interviews.tests import make
from live import channels
from live.tests.listening import Route, Stream, serving, speaker

AT_ONCE = 2.0


class StreamCase(TenantTestCase):
    events: Route

    def setUp(self) -> None:
        super().setUp()
        self.events = self.enterContext(serving())
        self.invited = make.invited()
        self.interview = make.started(self.invited)
        self.turn = make.answered(self.interview)

    @contextmanager
    def listening(self, one: Invited) -> Iterator[Stream]:
        """An open stream by a ticket that the API gave."""
        ticket = self.ticket(one).json()["ticket"]
        to = channels.of(one.interview.pk, one.interview.subject_id)
        with self.events.open(to, Authorization=f"Ticket {ticket}") as stream:
            stream.line()  # it is subscribed
            yield stream

    def ticket(self, one: Invited) -> Any:
        url = reverse("api_ticket", args=[one.interview.pk])
        return self.client.get(url, headers={"Authorization": f"Interview {one.token}"})

    def assert_ends_at_once(self, stream: Stream, *heard: tuple[str, str]) -> None:
        began, found = time.monotonic(), []
        while event := stream.event():
            found.append((event["type"], event.get("status") or event["why"]))

        self.assertEqual(found, list(heard))
        self.assertLess(time.monotonic() - began, AT_ONCE)

    def assert_goes_on(self, stream: Stream, one: Invited) -> None:
        speaker(channels.of(one.interview.pk, one.interview.subject_id)).say("still here")
        self.assertEqual(stream.texts(1), ["still here"])


class WithdrawnStreamTests(StreamCase):
    def withdraw(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            url = reverse("candidate_withdraw", args=[self.interview.pk])
            self.assertEqual(make.browser(self.invited.invitation).post(url).status_code, 303)

    def test_the_page_hears_the_end_of_its_turn_and_the_stream_ends(self) -> None:
        Turn.objects.filter(pk=self.turn.pk).update(fence=2)
        with self.listening(self.invited) as stream, self.listening(self.invited) as second_tab:
            self.withdraw()

            self.assert_ends_at_once(stream, ("end", "withdrawn"), ("closed", "withdrawn"))
            self.assert_ends_at_once(second_tab, ("end", "withdrawn"), ("closed", "withdrawn"))

    def test_another_candidate_s_stream_goes_on(self) -> None:
        other = make.invited("joan@example.org")
        make.started(other)
        with self.listening(other) as stream:
            self.withdraw()

            self.assert_goes_on(stream, other)

    def test_a_new_ticket_is_refused_with_a_sentence_and_an_old_one_opens_nothing(self) -> None:
        old = self.ticket(self.invited).json()["ticket"]
        self.withdraw()

        refused = self.ticket(self.invited)
        self.assertEqual((refused.status_code, refused.json()["title"]), (410, "interview over"))
        to = channels.of(self.interview.pk, self.interview.subject_id)
        with self.events.open(to, Authorization=f"Ticket {old}") as stream:
            self.assertEqual(stream.status, 401)

    def test_nothing_is_said_of_a_withdrawal_that_was_not_committed(self) -> None:
        with self.listening(self.invited) as stream:
            with self.captureOnCommitCallbacks(execute=False):
                listeners.close(Interview.objects.get(pk=self.interview.pk), why="withdrawn")

            self.assert_goes_on(stream, self.invited)


class RevokedStreamTests(StreamCase):
    def use_a_new_link(self) -> Invited:
        new = invitations.new_link(interview_id=self.interview.pk, by=make.staff())
        with self.captureOnCommitCallbacks(execute=True):
            make.browser(new.invitation).post(reverse("candidate_pause", args=[self.interview.pk]))
        return new

    def test_it_ends_when_a_newer_link_is_used_and_the_old_link_gets_no_ticket(self) -> None:
        with self.listening(self.invited) as stream:
            self.use_a_new_link()

            self.assert_ends_at_once(stream, ("closed", "revoked"))
        self.assertEqual(self.ticket(self.invited).status_code, 404)

    def test_who_holds_the_new_link_listens_on(self) -> None:
        new = self.use_a_new_link()
        time.sleep(0.3)  # for the moment in which a ticket may still be of the old link

        with self.listening(new) as stream:
            self.assert_goes_on(stream, new)

    def test_acting_again_by_the_same_link_ends_nothing(self) -> None:
        new = self.use_a_new_link()
        time.sleep(0.3)
        with self.listening(new) as stream:
            with self.captureOnCommitCallbacks(execute=True):
                make.browser(new.invitation).post(reverse("candidate_pause", args=[self.interview.pk]))

            self.assert_goes_on(stream, new)
