"""Blindness is held where rows are read: no statement of any page asks for what the AI or others found beforehand."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.programs import Scope
from accounts.roles import Role
from core import clock
from core.testing import TenantTestCase
from interviews.models import CompetencyRating, Evaluation, Finding, Interview, Review
from interviews.services import consensus, disagreements, reviews
from interviews.services.reviews import OwnRating
from interviews.tests import make, team
from tenants.services import api_keys
from tests.isolation import walk

CANARY = "canary-of-what-others-found"
AI = ("competencyrating", "quote", "finding")
OTHERS = ("reviewrating", "disagreement", "consensus", "consensusrating", "consensusreview")
SCORES = (
    "overall",
    "technical",
    "communication",
    "values",
    "coverage",
    "spread",
    "recommendation",
    "reason",
    "outputs",
)
VIEWERS = (Role.OWNER, Role.ADMIN, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER)
# The own draft is read by the viewer's own review.
OWN = re.compile(r'FROM "interviews_reviewrating".* WHERE .*"interviews_reviewrating"\."review_id" (IN \(|= )')
CHANGING = re.compile(r'nonce="[^"]+"|name="(csrfmiddlewaretoken|opened)" value="[^"]+"|\d+\xa0\w+ ago')
OF_A_JOB = ("portal_job_settings", "portal_versions", "portal_plan_next", "portal_standings")
ADDS_UP = "/quality/"  # sums of the whole tenant, in which cells of few are hidden: docs/quality.md, test_quality*
TABS = ("candidates", "questions", "scorecard", "settings", "people")


class BlindCase(TenantTestCase):
    """An interview that the AI, two people and a decision say everything about, and a viewer who has not rated it."""

    interview: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated()
        _fill(cls.interview)

    def viewer(self, role: str) -> User:
        """Somebody else of this role than those who rated."""
        user = make.staff(role, email=f"blind-{role}@staff.example", name="Blind")
        if role == Role.HIRING_MANAGER:
            return team.assigned(user, self.interview.application.job)
        return team.assigned(user, self.interview) if role == Role.REVIEWER else user

    def addresses(self) -> list[str]:
        """Every page of the portal that can be looked at, by its pattern."""
        ids = {"interview_id": self.interview.pk, "job_id": self.interview.application.job_id}
        named = {
            "portal_interview": [reverse("portal_interview", args=[ids["interview_id"]])],
            "portal_job": [reverse("portal_job", args=[ids["job_id"]]) + f"?tab={tab}" for tab in TABS],
            "portal_invite": [reverse("portal_invite", args=[ids["job_id"]])],
            **{name: [reverse(name, args=[ids["job_id"]])] for name in OF_A_JOB},
            "portal_resume": [reverse("portal_resume", args=[ids["interview_id"]])],
            "portal_candidates": ["/candidates/", "/candidates/?stage=advanced", "/candidates/?stage=invited"],
        }
        found = [url for urls in named.values() for url in urls]
        for name, route in walk.patterns("config.urls_tenant"):
            if name and "<" not in route and name not in named:
                found.append(reverse(name))
        return [url for url in found if url != ADDS_UP]


def _fill(interview: Interview) -> None:
    """Let the AI and two people have found, agreed on and decided this, with a canary in every text of it."""
    evaluation = interview.evaluations.get()
    Evaluation.objects.filter(pk=evaluation.pk).update(
        **dict.fromkeys(("overall", "technical", "communication", "values"), Decimal("87.3")),
        spread=Decimal("7.317"),
        recommendation="hire",
        reason="over_hire",
        versions={"model": CANARY},
    )
    for rating in CompetencyRating.objects.filter(evaluation=evaluation):
        rating.level, rating.withheld = 1, ""
        rating.rationale = rating.not_covered = CANARY
        rating.save()
    fields = {"subject_id": interview.subject_id, "turn": interview.turns.all()[0], "start": 2, "end": 9}
    Finding.objects.create(evaluation=evaluation, kind="strength", text=CANARY, **fields)
    recruiter, reviewer = make.staff(), team.staff_of(interview, Role.REVIEWER)
    rests_on = [_rated(interview, by).pk for by in (recruiter, reviewer)]
    reasons = {row.competency.key: disagreements.Reason("other", CANARY) for row in evaluation.ratings.all()}
    disagreements.explain(interview_id=interview.pk, by=recruiter, reasons=reasons, result=evaluation.pk)
    agreed = {pk: OwnRating(5, CANARY) for pk in make.ratings(interview)}
    consensus.record(interview_id=interview.pk, by=recruiter, levels=agreed, rests_on=rests_on)


def _rated(interview: Interview, by: User) -> Review:
    ratings = {pk: OwnRating(5, CANARY) for pk in make.ratings(interview)}
    return reviews.save_review(interview_id=interview.pk, by=by, ratings=ratings, submit=True)


def told(statements: list[str], viewer: User) -> Iterator[str]:
    """What the statements read that is the AI's or somebody else's, of interviews that the viewer has not rated."""
    rated = re.compile(
        rf'IN \(SELECT [^()]+\(U0\."reviewer_id" = \'{viewer.pk.hex}\'::uuid AND U0\."status" = \'submitted\'\)\)'
    )
    for sql in statements:
        tables = set(re.findall(r"\binterviews_(\w+)", sql))
        found = tables & set(AI) or any(f'"interviews_evaluation"."{column}"' in sql for column in SCORES)
        if (found or (tables & set(OTHERS) and OWN.search(sql) is None)) and rated.search(sql) is None:
            yield sql


class NothingIsReadTests(BlindCase):
    def visit(self, client: Any, addresses: list[str]) -> tuple[list[str], list[str]]:
        """The statements and the bodies of these looks."""
        bodies = []
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            for url in addresses:
                response = client.get(url)
                body = b"".join(response.streaming_content) if response.streaming else response.content
                bodies.append(f"{response.status_code} {url} {response.headers} {body.decode(errors='replace')}")
        return [query["sql"] for query in queries.captured_queries], bodies

    def test_no_page_that_somebody_can_look_at_before_rating_reads_what_the_ai_or_others_found(self) -> None:
        addresses = self.addresses()
        self.assertGreater(len(addresses), 40)
        for role in VIEWERS:
            viewer = self.viewer(role)
            draft = {pk: OwnRating(2, "Mine.") for pk in list(make.ratings(self.interview))[:1]}
            reviews.save_review(interview_id=self.interview.pk, by=viewer, ratings=draft, submit=False)

            statements, bodies = self.visit(make.signed_in(viewer), addresses)

            self.assertEqual([sql[-900:] for sql in told(statements, viewer)], [], role)
            self.assertEqual([body[:90] for body in bodies if CANARY in body], [], role)
            self.assertEqual([body[:90] for body in bodies if body.startswith("5")], [], role)
            page = reverse("portal_interview", args=[self.interview.pk])
            seen = [body for body in bodies if body.startswith(f"200 {page} ")]
            self.assertEqual(len(seen), 1, role)
            self.assertIn("Mine.", seen[0])
            for mark in ("<mark", "87", "7.3", "Suggestion", "recorded by", "Everybody"):
                self.assertNotIn(mark, seen[0].split("</head>")[1].split("csrfmiddlewaretoken")[0], role)

    def test_the_test_sees_such_a_statement_where_there_is_one(self) -> None:
        recruiter = make.staff()

        statements, bodies = self.visit(
            make.signed_in(recruiter), [reverse("portal_interview", args=[self.interview.pk])]
        )

        self.assertGreater(len(list(told(statements, recruiter))), 5)
        self.assertIn(CANARY, bodies[0])

    def test_what_is_refused_or_saved_tells_nothing_either(self) -> None:
        viewer = self.viewer(Role.RECRUITER)
        client = make.signed_in(viewer)
        with CaptureQueriesContext(connection) as queries:
            bodies = [
                client.post(reverse(f"portal_{act}", args=[self.interview.pk]), form, follow=True).content.decode()
                for act, form in (
                    ("review_draft", {"rating-sql": "4"}),
                    ("review_draft", {"rating-sql": "9"}),
                    ("review_draft", {"rating-sql": "4", "draft_version": "77"}),
                    ("review", {"rating-sql": "4"}),
                    ("disagree", {"reason-sql": "missed"}),
                    ("consensus", {"agreed-sql": "3"}),
                    ("decide", {"outcome": "advance", "reason_code": "meets_requirements", "reason_text": "Yes."}),
                )
            ]

        statements = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("SELECT")]
        read = list(told(statements, viewer))
        self.assertEqual(read, [])
        self.assertEqual([body[:200] for body in bodies if CANARY in body], [])

    def test_the_api_of_programs_tells_states_and_times_alone(self) -> None:
        owner = make.staff(Role.OWNER)
        _, key = api_keys.create(name="R", scopes=list(Scope), life=timedelta(days=1), by=owner)
        addresses = [reverse(name) for name in ("api_jobs", "api_interviews")]

        with CaptureQueriesContext(connection) as queries:
            bodies = [self.client.get(url, headers={"X-API-Key": key}) for url in addresses]

        self.assertEqual([body.status_code for body in bodies], [200, 200])
        self.assertEqual(list(told([query["sql"] for query in queries.captured_queries], owner)), [])
        self.assertNotIn(CANARY, "".join(body.content.decode() for body in bodies))


class ElsewhereTests(BlindCase):
    def test_who_rated_one_interview_is_told_nothing_of_another(self) -> None:
        other = make.evaluated(make.invited("joan@example.org"))
        viewer = self.viewer(Role.OWNER)
        make.reviewed(other, viewer)
        # The trail grows with every look, a refusal of the API has a number of its own, sessions have their times.
        addresses = [url for url in self.addresses() if not url.startswith(("/audit/", "/api/", "/account/"))]
        client = make.signed_in(viewer)

        def shown() -> dict[str, str]:
            return {url: CHANGING.sub("", client.get(url).content.decode()) for url in addresses}

        with time_machine.travel(clock.now(), tick=False):
            before = shown()
            Evaluation.objects.filter(interview=self.interview).update(overall=Decimal("3.1"), recommendation="no_hire")
            CompetencyRating.objects.filter(evaluation__interview=self.interview).update(level=5)
            after = shown()

        self.assertEqual([url for url in addresses if before[url] != after[url]], [])
        self.assertIn("± ", before["/candidates/"])
