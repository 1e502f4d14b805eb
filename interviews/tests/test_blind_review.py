"""Who must still review sees nothing of the AI's: no page changes with what the AI found."""

import re
from decimal import Decimal
from typing import Any

from django.urls import reverse

from accounts.roles import Role
from core.testing import TenantTestCase
from interviews.models import CompetencyRating, Evaluation, Finding, Interview, Mail, Quote
from interviews.tests import make, team

CANARY = "canary-of-the-model"
VIEWERS = (Role.OWNER, Role.ADMIN, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER)
PRAISE: dict[str, Any] = {"overall": Decimal("91.4"), "spread": Decimal("3.217"), "recommendation": "hire", "level": 5}
BLAME: dict[str, Any] = {
    "overall": Decimal("12.6"),
    "spread": Decimal("23.871"),
    "recommendation": "no_hire",
    "level": 1,
}
CHANGING = re.compile(r'nonce="[^"]+"|name="(csrfmiddlewaretoken|opened)" value="[^"]+"')


class BlindReviewTests(TenantTestCase):
    first: Interview
    second: Interview
    page: str

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first = make.evaluated(make.invited("a@example.org", name="Ada Lovelace"))
        cls.second = make.evaluated(make.invited("j@example.org", name="Joan Clarke"))
        cls.page = reverse("portal_interview", args=[cls.first.pk])

    def find(self, interview: Interview, found: dict[str, Any]) -> None:
        """Let the AI have found this, with a canary in every text of it."""
        evaluation = interview.evaluations.get()
        Evaluation.objects.filter(pk=evaluation.pk).update(
            **dict.fromkeys(("overall", "technical", "communication", "values"), found["overall"]),
            status="ready",
            mode="model",
            spread=found["spread"],
            recommendation=found["recommendation"],
            versions={"model": CANARY},
        )
        for rating in CompetencyRating.objects.filter(evaluation=evaluation):
            rating.level, rating.confidence = found["level"], Decimal("0.93")
            rating.rationale = rating.not_covered = f"{CANARY} {found['recommendation']}"
            rating.save()
            rating.quotes.all().delete()
            turn, start = interview.turns.all()[0], 3 + found["level"]
            Quote.objects.create(rating=rating, turn=turn, start=start, end=start + 9)
        evaluation.findings.all().delete()
        turn = interview.turns.all()[1]
        text = f"{CANARY} {found['overall']}"
        fields = {"evaluation": evaluation, "subject_id": interview.subject_id, "turn": turn, "start": 2, "end": 11}
        Finding.objects.create(kind="strength" if found is PRAISE else "weakness", text=text, **fields)

    def pages(self) -> list[str]:
        job = reverse("portal_job", args=[self.first.application.job_id])
        more = ("/calibration/", job, f"{job}?tab=questions", f"{job}?tab=scorecard", "/jobs/")
        return [self.page, "/", "/candidates/", *more]

    def shown(self, role: str) -> dict[str, str]:
        client = make.signed_in(team.staff_of(self.second, role))
        pages = self.pages() if role == Role.RECRUITER else self.pages()[:4]
        return {url: CHANGING.sub("", client.get(url).content.decode()) for url in pages}

    def test_no_page_of_the_portal_changes_with_what_the_ai_found(self) -> None:
        for role in VIEWERS:
            with self.subTest(role=role):
                self.find(self.first, PRAISE)
                self.find(self.second, BLAME)
                before = self.shown(role)
                self.find(self.first, BLAME)
                self.find(self.second, PRAISE)
                self.assertEqual(self.shown(role), before)
                for url, html in before.items():
                    self.assertNotIn(CANARY, html, url)

    def test_the_interviews_page_holds_no_level_quote_mark_or_suggestion(self) -> None:
        self.find(self.first, PRAISE)

        response = make.signed_in(make.staff()).get(self.page)

        self.assertContains(response, "Locked until your review is in")
        for mark in ("<mark", 'id="q-', "Suggestion", "Overall", CANARY):
            self.assertNotContains(response, mark)
        self.assertContains(response, make.ANSWERS[0])

    def test_before_the_review_the_ais_rows_are_not_even_read(self) -> None:
        client = make.signed_in(make.staff())
        make.read_what_is_kept()

        with self.assertNumQueries(16) as queries:
            client.get(self.page)

        tables = ("interviews_evaluation", "interviews_competencyrating", "interviews_quote", "interviews_finding")
        for query in queries.captured_queries:
            for table in tables:
                self.assertNotIn(f'"{table}"', query["sql"])

    def test_the_candidates_list_shows_a_lock_where_a_result_would_be(self) -> None:
        client = make.signed_in(make.staff())

        self.assertContains(client.get("/candidates/"), "after your review", count=2)

    def test_a_draft_does_not_unlock(self) -> None:
        self.find(self.first, PRAISE)
        client = make.signed_in(make.staff())

        client.post(reverse("portal_review_draft", args=[self.first.pk]), {"rating-sql": "4"})

        self.assertNotContains(client.get(self.page), CANARY)

    def test_somebody_elses_review_and_decision_do_not_unlock(self) -> None:
        self.find(self.first, PRAISE)
        other = team.staff_of(self.first, Role.HIRING_MANAGER)
        make.reviewed(self.first, other)
        make.decided(self.first, other)

        shown = self.shown(Role.RECRUITER)

        for url, html in shown.items():
            self.assertNotIn(CANARY, html, url)
            self.assertNotIn("<mark", html, url)

    def test_the_own_review_unlocks_this_interview_and_no_other(self) -> None:
        self.find(self.first, PRAISE)
        self.find(self.second, PRAISE)
        person = make.staff()
        make.reviewed(self.first, person)
        client = make.signed_in(person)

        response = client.get(self.page)

        for mark in (CANARY, "<mark", "Suggestion", "± 3 of 100"):
            self.assertContains(response, mark)
        other = client.get(reverse("portal_interview", args=[self.second.pk]))
        self.assertNotContains(other, CANARY)
        self.assertNotContains(other, "<mark")
        rows = client.get("/candidates/").content.decode().split("<tr>")
        self.assertEqual(
            [("after your review" in row, "± 3" in row) for row in rows[-2:]], [(True, False), (False, True)]
        )

    def test_a_quote_leads_to_its_place_and_is_the_candidates_words(self) -> None:
        self.find(self.first, PRAISE)
        person = make.staff()
        make.reviewed(self.first, person)

        html = make.signed_in(person).get(self.page).content.decode()

        words = make.ANSWERS[0][8:17]
        self.assertIn(f'<mark class="quote" id="q-1-8">{words}</mark>', html)
        self.assertIn('href="#q-1-8"', html)

    def test_no_mail_tells_what_the_ai_found(self) -> None:
        self.find(self.first, PRAISE)

        for mail in Mail.objects.all():
            self.assertNotIn(CANARY, f"{mail.subject} {mail.body_text} {mail.body_html}")
        self.assertEqual(set(Mail.objects.values_list("kind", flat=True)), {"completed"})

    def test_nothing_the_candidate_sees_changes_with_what_the_ai_found(self) -> None:
        client = make.browser(self.first.invitations.get())
        urls = [
            reverse(f"candidate_{name}", args=[self.first.pk]) for name in ("home", "review", "consent", "adjustment")
        ]
        urls += [reverse("api_turn", args=[turn.pk]) for turn in self.first.turns.all()]

        def shown() -> list[str]:
            return [CHANGING.sub("", client.get(url, follow=True).content.decode()) for url in urls]

        make.reviewed(self.first, make.staff())
        make.decided(self.first, make.staff(), "reject")
        self.find(self.first, PRAISE)
        before = shown()
        self.find(self.first, BLAME)

        self.assertEqual(shown(), before)
        self.assertNotIn(CANARY, "".join(before))
