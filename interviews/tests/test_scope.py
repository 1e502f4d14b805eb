"""What is not assigned to a hiring manager or a reviewer does not exist for them: pages, counts, mails and acts."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import SUPPORT, SUPPORT_WRITE, Role
from accounts.services import people
from core.testing import TenantTestCase
from interviews.models import Decision, Evaluation, Interview, Job, Mail, Review, Turn
from interviews.selectors import overview, portal, scope, work
from interviews.services import (
    decisions,
    reading,
    retrying,
    reviews,
    submission,
)
from interviews.tests import make, team
from interviews.tests.test_blind_review import CHANGING

ASSIGNED = (Role.HIRING_MANAGER, Role.REVIEWER)
MINE, OTHERS = "Grace Hopper", "Joan Clarke"


class ScopeCase(TenantTestCase):
    """Two jobs with two finished interviews each; `mine` is assigned, the rest is not."""

    mine: Interview
    beside: Interview
    other: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.mine = make.evaluated(make.invited("grace@example.org", name=MINE))
        cls.beside = make.evaluated(make.invited("ada@example.org", name="Ada Lovelace"))
        cls.other = make.evaluated(make.invited("joan@example.org", name=OTHERS, slug="welder"))
        Job.objects.filter(slug="welder").update(title="Welder")
        for role in ASSIGNED:
            team.staff_of(cls.mine, role)

    def shown(self, role: str, url: str) -> str:
        return str(make.signed_in(make.staff(role)).get(url).content.decode())


class RowTests(ScopeCase):
    def test_a_hiring_manager_has_the_interviews_of_assigned_jobs(self) -> None:
        manager = make.staff(Role.HIRING_MANAGER)

        self.assertEqual(set(scope.interviews_of(manager)), {self.mine, self.beside})
        self.assertEqual(list(scope.jobs_of(manager)), [self.mine.application.job])

    def test_a_reviewer_has_assigned_interviews_and_their_jobs(self) -> None:
        reviewer = make.staff(Role.REVIEWER)

        self.assertEqual(list(scope.interviews_of(reviewer)), [self.mine])
        self.assertEqual(list(scope.jobs_of(reviewer)), [self.mine.application.job])

    def test_everybody_else_has_everything_and_an_unknown_role_nothing(self) -> None:
        for role in (Role.OWNER, Role.ADMIN, Role.RECRUITER, Role.AUDITOR, SUPPORT, SUPPORT_WRITE):
            self.assertEqual(scope.interviews_of(User(role=role)).count(), 3)
            self.assertEqual(scope.jobs_of(User(role=role)).count(), 2)
        for role in ("", "root", "OWNER"):
            self.assertFalse(scope.interviews_of(User(role=role)).exists())
            self.assertFalse(scope.jobs_of(User(role=role)).exists())
            self.assertFalse(Turn.objects.filter(scope.within(User(role=role), "interview__")).exists())

    def test_a_disabled_person_keeps_the_rows_and_has_nothing_until_enabled(self) -> None:
        for role in ASSIGNED:
            person = make.staff(role)
            people.disable(user_id=person.pk, source="test")
            person.refresh_from_db()
            self.assertFalse(scope.interviews_of(person).exists() or scope.jobs_of(person).exists())
            people.enable(user_id=person.pk, source="test")
            person.refresh_from_db()
            self.assertTrue(scope.interviews_of(person).exists() and scope.jobs_of(person).exists())

    def test_an_assignment_of_one_role_is_nothing_to_another(self) -> None:
        manager, reviewer = (make.staff(role) for role in ASSIGNED)
        people.change_role(user_id=manager.pk, role=Role.REVIEWER, source="test")
        people.change_role(user_id=reviewer.pk, role=Role.HIRING_MANAGER, source="test")

        for person in (manager, reviewer):
            person.refresh_from_db()
            self.assertFalse(scope.interviews_of(person).exists() or scope.jobs_of(person).exists())

    def test_mail_goes_to_people_for_whom_the_interview_is_there(self) -> None:
        one = make.invited("mary@example.org", slug="welder")
        interview = make.all_answered(one)
        manager, reviewer = (make.staff(role, email=f"its-{role}@staff.example") for role in ASSIGNED)
        team.assigned(manager, interview.application.job)
        team.assigned(reviewer, interview)

        submission.submit(interview, closing="")

        told = {mail.recipient for mail in Mail.objects.filter(kind="completed", interview=interview)}
        its = {f"its-{role}@staff.example" for role in ASSIGNED}
        self.assertEqual(told, its | {"admin@staff.example", "recruiter@staff.example"})


class PageTests(ScopeCase):
    def again(self) -> Interview:
        """A second attempt of the assigned interview's candidate."""
        copied = {name: getattr(self.mine, name) for name in ("application", "version", "subject_id", "expires_at")}
        return Interview.objects.create(number=2, **copied)

    def test_lists_hold_what_is_assigned_and_nothing_else(self) -> None:
        own_job = reverse("portal_job", args=[self.mine.application.job_id])
        for role, hidden in ((Role.HIRING_MANAGER, [OTHERS]), (Role.REVIEWER, [OTHERS, "Ada Lovelace"])):
            for url in ("/", "/candidates/", own_job):
                html = self.shown(role, url)
                self.assertIn(MINE, html, (role, url))
                for name in (*hidden, "Welder"):
                    self.assertNotIn(name, html, (role, url))
            self.assertNotIn("Welder", self.shown(role, "/jobs/"))
            self.assertIn("Data Engineer", self.shown(role, "/jobs/"))

    def test_a_filter_by_a_job_of_others_finds_nobody_of_it(self) -> None:
        for role in ASSIGNED:
            html = self.shown(role, "/candidates/?job=welder")
            self.assertNotIn(OTHERS, html)
            self.assertNotIn("welder", html)

    def test_counts_are_of_what_is_assigned(self) -> None:
        expected = {Role.RECRUITER: 3, Role.HIRING_MANAGER: 2, Role.REVIEWER: 1}
        for role, number in expected.items():
            person = make.staff(role)
            self.assertEqual(work.to_review_count(person), number)
            stats = {str(stat["label"]): stat["value"] for stat in overview.home(person)["stats"]}
            self.assertEqual(stats["Finished"], number)
            (row,) = [row for row in portal.jobs(viewer=person) if row["title"] == "Data Engineer"]
            invited = min(number, 2)
            self.assertEqual((row["invited"], row["to_review"]), (invited, invited), role)
        self.assertEqual(work.to_review_count(make.staff(Role.AUDITOR)), 0)

    def test_a_reviewer_is_told_how_much_was_decided_only_of_what_they_have_rated(self) -> None:
        recruiter, reviewer = make.staff(), make.staff(Role.REVIEWER)
        make.reviewed(self.mine, recruiter)
        make.decided(self.mine, recruiter, "reject")

        def decided() -> list[int]:
            (row,) = portal.jobs(viewer=reviewer)
            stats = {str(stat["label"]): stat["value"] for stat in overview.home(reviewer)["stats"]}
            return [row["decided"], stats["Decided"]]

        self.assertEqual(decided(), [0, 0])
        make.reviewed(self.mine, reviewer)
        self.assertEqual(decided(), [1, 1])

    def test_a_reviewer_does_not_see_the_stage_of_another_attempt_before_rating_this_one(self) -> None:
        recruiter, reviewer = make.staff(), make.staff(Role.REVIEWER)
        make.reviewed(self.mine, recruiter)
        make.decided(self.mine, recruiter, "reject")
        team.assigned(reviewer, self.again())

        html = self.shown(Role.REVIEWER, "/candidates/")

        self.assertIn(MINE, html)
        self.assertEqual(html.count("Rejected"), 1)  # the filter's choice

    def test_of_two_attempts_a_reviewer_sees_the_newest_that_is_assigned(self) -> None:
        self.again()

        self.assertEqual(list(portal.candidates(viewer=make.staff(Role.REVIEWER))), [self.mine])

    def test_what_is_not_assigned_is_a_404_on_every_page_and_nothing_is_written(self) -> None:
        interview, job = [self.other.pk], [self.other.application.job_id]
        evaluation = [Evaluation.objects.get(interview=self.other).pk]
        turn = [self.other.turns.all()[0].pk]
        levels = {f"rating-{row.key}": "3" for row in self.other.version.competencies.all()}
        decision = {"outcome": "reject", "reason_code": "missing_requirement", "reason_text": "No."}
        asked: list[tuple[str, str, list[Any], dict[str, str]]] = [
            ("get", "portal_job", job, {}),
            ("get", "portal_interview", interview, {}),
            ("post", "portal_review", interview, levels),
            ("post", "portal_review", interview, {}),
            ("post", "portal_review_draft", interview, levels),
            ("post", "portal_decide", interview, decision),
            ("post", "portal_decide", interview, {}),
            ("post", "portal_retry_turn", turn, {}),
            ("post", "portal_retry_evaluation", evaluation, {}),
        ]
        for role in ASSIGNED:
            client = make.signed_in(make.staff(role))
            for method, name, arguments, data in asked:
                with make.writes() as written:
                    code = getattr(client, method)(reverse(name, args=arguments), data).status_code
                may_not = role == Role.REVIEWER and name == "portal_decide" and data
                self.assertEqual((code, written.tables), (403 if may_not else 404, {}), (role, name))

    def test_what_does_not_exist_answers_the_same_bytes_as_what_is_others(self) -> None:
        client = make.signed_in(make.staff(Role.REVIEWER))
        found = [
            CHANGING.sub("", client.get(reverse("portal_interview", args=[key])).content.decode())
            for key in (self.other.pk, self.other.application_id)
        ]

        self.assertEqual(found[0], found[1])

    def test_the_same_acts_on_what_is_assigned_succeed(self) -> None:
        manager, reviewer = (make.staff(role) for role in ASSIGNED)
        for person in (manager, reviewer):
            client = make.signed_in(person)
            levels = {f"rating-{row.key}": "3" for row in self.mine.version.competencies.all()}
            response = client.post(reverse("portal_review", args=[self.mine.pk]), levels)
            self.assertEqual(response.status_code, 303)
        decision = {"outcome": "reject", "reason_code": "missing_requirement", "reason_text": "No."}
        decision["result"] = str(make.result_of(self.mine))
        make.signed_in(manager).post(reverse("portal_decide", args=[self.mine.pk]), decision)

        rated = set(Review.objects.values_list("reviewer", "status"))
        self.assertEqual(rated, {(manager.pk, "submitted"), (reviewer.pk, "submitted")})
        self.assertEqual(Decision.objects.get().decided_by, manager)

    def test_an_assignment_that_is_taken_away_ends_the_access_and_leaves_what_was_rated(self) -> None:
        reviewer = make.staff(Role.REVIEWER)
        client, page = make.signed_in(reviewer), reverse("portal_interview", args=[self.mine.pk])
        make.reviewed(self.mine, reviewer)
        self.assertEqual(client.get(page).status_code, 200)

        reviewer.interview_assignments.all().delete()

        self.assertEqual(client.get(page).status_code, 404)
        self.assertEqual(Review.objects.get().reviewer, reviewer)


class ServiceTests(ScopeCase):
    def test_every_service_that_acts_for_a_person_asks_for_the_scope_itself(self) -> None:
        failed = make.answered(make.started(make.invited("mary@example.org", slug="welder")))
        Turn.objects.filter(pk=failed.pk).update(status="failed")
        manager = make.staff(Role.HIRING_MANAGER)
        mine = make.ratings(self.other)
        acts: list[tuple[type[Exception], Callable[[], Any]]] = [
            (reading.NotFound, lambda: reading.job_page(by=manager, job_id=self.other.application.job_id, page=None)),
            (reading.NotFound, lambda: reading.open_interview(by=manager, interview_id=self.other.pk)),
            (
                Interview.DoesNotExist,
                lambda: reviews.save_review(interview_id=self.other.pk, by=manager, ratings=mine, submit=True),
            ),
            (Interview.DoesNotExist, lambda: make.decided(self.other, manager)),
            (Turn.DoesNotExist, lambda: retrying.retry_turn(turn_id=failed.pk, by=manager)),
        ]
        for error, act in acts:
            with make.writes() as written, self.assertRaises(error):
                act()
            self.assertEqual(written.tables, {})


class DecisionScopeTests(ScopeCase):
    def test_a_decision_that_stands_is_not_given_back_to_who_lost_the_job(self) -> None:
        manager = make.staff(Role.HIRING_MANAGER)
        make.reviewed(self.mine, manager)
        made = make.decided(self.mine, manager)
        manager.job_assignments.all().delete()

        with self.assertRaises(Interview.DoesNotExist):
            decisions.decide(
                interview_id=self.mine.pk,
                by=manager,
                outcome=made.outcome,
                reason_code=made.reason_code,
                reason=made.reason,
                result=made.evaluation_id,
            )
