"""Scores that were not made alike are never ranked together; scoring anew brings them together."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from accounts.roles import NotPermitted, Role
from core.testing import OTHER, TenantTestCase
from interviews.models import Evaluation, Interview, JobVersion
from interviews.services import assignments, evaluations, provisional, redos, rescoring, standings
from interviews.services.jobs import publish_next
from interviews.tests import make

STATUS = Evaluation.Status


class StandingsCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = make.staff(Role.ADMIN)
        self.job = make.job()

    def evaluated(self, name: str, overall: str | None, **changes: Any) -> Interview:
        """An evaluated interview that the admin has rated, with this score."""
        interview = make.evaluated(make.invited(f"{name}@example.org", name=name))
        score = None if overall is None else Decimal(overall)
        Evaluation.objects.filter(interview=interview).update(overall=score, **changes)
        make.reviewed(interview, self.admin)
        return interview

    def publish(self, **changes: Any) -> JobVersion:
        number = JobVersion.objects.filter(job=self.job).count()
        return publish_next(job_id=self.job.pk, follows=number, plan=replace(make.PLAN, **changes), by=self.admin)

    def lighter(self) -> JobVersion:
        """A version whose scores are not comparable with those before."""
        first, *others = make.PLAN.competencies
        return self.publish(competencies=(replace(first, weight=Decimal("0.4")), *others))

    def shown(self, by: User | None = None) -> list[tuple[str, bool, list[tuple[int | None, str]]]]:
        found = standings.standings(job_id=self.job.pk, by=by or self.admin)
        return [
            (group.rubric.split("+")[0], group.current, [(place.rank, place.name) for place in group.places])
            for group in found.groups
        ]

    def rescore(self, *interviews: Interview, by: User | None = None) -> rescoring.Rescored:
        ids = [one.pk for one in interviews]
        return rescoring.rescore(job_id=self.job.pk, interviews=ids, by=by or self.admin)


class RankingTests(StandingsCase):
    def test_the_best_comes_first_equal_scores_share_a_rank_and_who_has_none_is_not_ranked(self) -> None:
        for name, overall in (("Ada", "60"), ("Grace", "80"), ("Joan", None), ("Mary", "60"), ("Zoe", "20")):
            self.evaluated(name, overall)

        [(rubric, current, places)] = self.shown()

        self.assertEqual((rubric, current), ("1.0.0", True))
        self.assertEqual(places, [(1, "Grace"), (2, "Ada"), (2, "Mary"), (4, "Zoe"), (None, "Joan")])

    def test_another_rubric_evaluator_model_prompt_mode_or_status_is_another_list(self) -> None:
        made = {"evaluator": "basic.1", "model": "", "prompt": "", "code": "1"}
        self.evaluated("Ada", "10", versions=made)
        self.evaluated("Grace", "20", versions=made | {"evaluator": "basic.2"})
        self.evaluated("Joan", "30", versions=made | {"model": "m"})
        self.evaluated("Mary", "40", versions=made | {"prompt": "p.2"})
        self.evaluated("Zoe", "50", versions=made, mode="model")
        self.evaluated("Ines", "60", versions=made, status=STATUS.READY)
        self.evaluated("Olga", "70", versions=made | {"code": "2", "input": "x"})
        self.lighter()
        self.evaluated("Vera", "80", versions=made)

        found = self.shown()

        self.assertEqual(found[0], ("1.1.0", True, [(1, "Vera")]))
        lists = sorted([name for _, name in places] for _, _, places in found[1:])
        self.assertEqual(lists, [["Grace"], ["Ines"], ["Joan"], ["Mary"], ["Olga", "Ada"], ["Zoe"]])
        self.assertEqual({rubric for rubric, _, _ in found[1:]}, {"1.0.0"})

    def test_versions_that_differ_in_questions_or_minutes_share_a_list(self) -> None:
        self.evaluated("Ada", "10")
        self.publish(minutes=50)
        self.evaluated("Grace", "20")

        [(rubric, current, places)] = self.shown()

        self.assertEqual((rubric, current, places), ("1.0.1", True, [(1, "Grace"), (2, "Ada")]))

    def test_a_result_shows_only_to_who_has_rated_that_interview(self) -> None:
        interview = self.evaluated("Ada", "10")
        recruiter, reviewer = make.staff(), make.staff(Role.REVIEWER)
        assignments.assign_interview(interview_id=interview.pk, user_id=reviewer.pk, by=self.admin)

        for by in (recruiter, reviewer):
            self.assertEqual(self.shown(by), [])
            self.assertEqual(standings.standings(job_id=self.job.pk, by=by).locked, 1)
            html = make.signed_in(by).get(reverse("portal_standings", args=[self.job.pk])).content.decode()
            self.assertNotRegex(html, r"\bAda\b")  # three letters are found in a random token
            self.assertIn("1 finished interview is missing here until you have rated it.", html)
        make.reviewed(interview, recruiter)
        self.assertEqual(self.shown(recruiter), [("1.0.0", True, [(1, "Ada")])])
        self.assertEqual(self.shown(reviewer), [])

    def test_who_withdrew_is_not_there(self) -> None:
        interview = self.evaluated("Ada", "10")
        Interview.objects.filter(pk=interview.pk).update(status=Interview.Status.WITHDRAWN)

        self.assertEqual(self.shown(), [])

    def test_what_was_superseded_is_not_ranked(self) -> None:
        interview = self.evaluated("Ada", "10")
        self.lighter()
        self.rescore(interview)

        found = standings.standings(job_id=self.job.pk, by=self.admin)

        self.assertEqual((found.groups, found.waiting), ((), 1))

    def test_it_takes_as_many_queries_for_many(self) -> None:
        self.evaluated("Ada", "10")
        with self.assertNumQueries(QUERIES):
            self.shown()
        for name in ("Grace", "Joan", "Mary"):
            self.evaluated(name, "20")

        with self.assertNumQueries(QUERIES):
            self.shown()


QUERIES = 8


class RescoringTests(StandingsCase):
    def run_owed(self, interview: Interview) -> Evaluation:
        owed = interview.evaluations.get(status=STATUS.OWED)
        evaluations.run(evaluation_id=owed.pk)
        owed.refresh_from_db()
        return owed

    def test_the_interview_is_rated_by_the_current_scorecard_and_both_results_are_kept(self) -> None:
        interview = self.evaluated("Ada", "10", without=["11111111-1111-7111-8111-111111111111"])
        version = self.lighter()

        done = self.rescore(interview)

        self.assertEqual((done.owed, done.kept), (1, 0))
        old, new = interview.evaluations.order_by("created_at")
        self.assertEqual((old.status, old.overall), (STATUS.SUPERSEDED, Decimal(10)))
        self.assertEqual((new.status, new.rubric, new.without), (STATUS.OWED, version, old.without))
        self.assertEqual(make.owed("evaluation"), [new.pk])
        self.assertIn("evaluation.rescored", make.actions("evaluation"))
        made = self.run_owed(interview)
        rated = {rating.competency.version_id for rating in made.ratings.select_related("competency")}
        self.assertEqual((made.status, rated), (STATUS.PROVISIONAL, {version.pk}))
        self.assertEqual([(rubric, current) for rubric, current, _ in self.shown()], [("1.1.0", True)])

    def test_the_workspace_sets_own_ratings_beside_it_by_competency(self) -> None:
        interview = self.evaluated("Ada", "10")
        self.lighter()
        self.rescore(interview)
        self.run_owed(interview)

        page = make.signed_in(self.admin).get(reverse("portal_interview", args=[interview.pk]))

        ratings = page.context["evaluation"]["ratings"]
        self.assertEqual([one["own_level"] for one in ratings], [4, 4, 4])
        self.assertEqual([item["level"] for item in page.context["review_items"]], [4, 4, 4])
        self.assertContains(page, "Scored anew under the scorecard of version 2")
        self.assertNotContains(page, "no model had answered before")

    def test_a_competency_that_nobody_rated_before_is_not_taken_for_no_evidence(self) -> None:
        interview = self.evaluated("Ada", "10")
        first, *others = make.PLAN.competencies
        renamed = replace(first, key="databases")
        asked = replace(make.PLAN.questions[0], competencies=("databases",))
        self.publish(competencies=(renamed, *others), questions=(asked, make.PLAN.questions[1]))
        self.rescore(interview)
        self.run_owed(interview)

        page = make.signed_in(self.admin).get(reverse("portal_interview", args=[interview.pk]))

        ratings = [(one["own_rated"], one["differs"]) for one in page.context["evaluation"]["ratings"]]
        self.assertEqual(ratings[0], (False, False))
        self.assertEqual([rated for rated, _ in ratings], [False, True, True])
        self.assertContains(page, "not a part of your review")

    def test_an_interview_that_somebody_decided_on_keeps_its_score(self) -> None:
        interview = self.evaluated("Ada", "10")
        make.decided(interview, self.admin)
        self.lighter()

        self.assert_kept(interview, STATUS.PROVISIONAL)

    def test_who_withdrew_or_was_erased_is_not_scored(self) -> None:
        interview = self.evaluated("Ada", "10")
        self.lighter()
        for status in (Interview.Status.WITHDRAWN, Interview.Status.ERASED):
            Interview.objects.filter(pk=interview.pk).update(status=status)
            self.assert_kept(interview, STATUS.PROVISIONAL)

    def test_an_evaluation_under_way_or_failed_stays_as_it_is(self) -> None:
        interview = self.evaluated("Ada", "10")
        self.lighter()
        for status in (STATUS.OWED, STATUS.RUNNING, STATUS.FAILED):
            Evaluation.objects.filter(interview=interview).update(status=status)
            self.assert_kept(interview, status)

    def test_a_result_that_waited_to_be_made_again_is_made_again_by_the_same_scorecard(self) -> None:
        interview = self.evaluated("Ada", "10")
        version = self.lighter()
        redos.owe(interview.evaluations.get())
        self.rescore(interview)
        self.assertEqual(make.owed(redos.KIND), [])
        made = self.run_owed(interview)

        provisional._supersede(Evaluation.objects.select_related("interview", "rubric").get(pk=made.pk))

        self.assertEqual(interview.evaluations.get(status=STATUS.OWED).rubric, version)

    def test_only_who_both_manages_jobs_and_decides_may(self) -> None:
        interview = self.evaluated("Ada", "10")
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            by = make.staff(role)
            with make.writes() as written, self.assertRaises(NotPermitted):
                self.rescore(interview, by=by)
            self.assertEqual(written.tables, {})

    def test_interviews_of_another_job_or_tenant_are_not_touched(self) -> None:
        other = make.evaluated(make.invited("eve@example.org", slug="another"))
        with self.in_tenant(OTHER):
            theirs = make.evaluated()

        done = self.rescore(other, theirs)

        self.assertEqual((done.owed, done.kept), (0, 2))
        self.assertEqual(other.evaluations.get().status, STATUS.PROVISIONAL)
        with self.in_tenant(OTHER):
            self.assertEqual(Evaluation.objects.get().status, STATUS.PROVISIONAL)

    def assert_kept(self, interview: Interview, status: str) -> None:
        with make.writes() as written:
            done = self.rescore(interview)

        self.assertEqual((done.owed, done.kept, written.tables), (0, 1, {}))
        self.assertEqual(interview.evaluations.get().status, status)


class PageTests(StandingsCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = self.evaluated("Ada", "10")
        self.lighter()
        self.url = reverse("portal_standings", args=[self.job.pk])
        self.rescore_url = reverse("portal_rescore", args=[self.job.pk])
        self.client = make.signed_in(self.admin)

    def test_the_page_offers_to_score_anew_and_does_it(self) -> None:
        page = self.client.get(self.url)
        self.assertContains(page, "Score 1 anew under the current rubric")

        page = self.client.post(self.rescore_url, {"interview": [str(self.interview.pk)]}, follow=True)

        self.assertContains(page, "1 interview is being scored anew.")
        self.assertEqual(self.interview.evaluations.count(), 2)
        page = self.client.post(self.rescore_url, {"interview": [str(self.interview.pk)]}, follow=True)
        self.assertContains(page, "1 interview keeps its score")
        self.assertEqual(self.interview.evaluations.count(), 2)

    def test_bad_ids_and_too_many_are_refused(self) -> None:
        for ids in (["x"], [str(UUID(int=number)) for number in range(201)]):
            with make.writes() as written:
                page = self.client.post(self.rescore_url, {"interview": ids})
            self.assertContains(page, "Choose up to 200 interviews of this page.", status_code=400)
            self.assertEqual(set(written.tables) - {"alpha.audit_event"}, set())

    def test_strangers_are_refused(self) -> None:
        form = {"interview": [str(self.interview.pk)]}
        recruiter = make.signed_in(make.staff())
        make.reviewed(self.interview, make.staff())
        self.assertNotContains(recruiter.get(self.url), "anew")
        self.assertEqual(recruiter.post(self.rescore_url, form).status_code, 403)
        self.assertEqual(make.signed_in(make.staff(Role.AUDITOR)).get(self.url).status_code, 403)
        with self.in_tenant(OTHER):
            foreign = make.carried(make.signed_in(make.staff(Role.ADMIN), OTHER))
        self.client.logout()
        for client in (self.client, foreign):
            self.assertEqual(client.get(self.url).status_code, 302)
            self.assertEqual(client.post(self.rescore_url, form).status_code, 302)
        self.assertEqual(self.interview.evaluations.get().status, STATUS.PROVISIONAL)
