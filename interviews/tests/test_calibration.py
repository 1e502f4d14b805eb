"""Calibration: the figures are right, small numbers give none, and nobody learns from them what must wait."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from accounts.roles import NotPermitted, Role
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import CompetencyRating, Evaluation, Interview, Review
from interviews.services import calibration, reviews
from interviews.services.jobs import publish_job
from interviews.services.reviews import OwnRating
from interviews.tests import make, team

Levels = tuple[int | None, int | None, int | None]


class CalibrationCase(TenantTestCase):
    """Two interviews that the owner and a hiring manager rated, of which the AI rated every competency."""

    owner: User
    manager: User
    first: Interview
    second: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first = make.evaluated(make.invited("a@example.org"))
        cls.second = make.evaluated(make.invited("j@example.org"))
        cls.owner = make.staff(Role.OWNER, name="Olga")
        cls.manager = team.staff_of(cls.first, Role.HIRING_MANAGER)
        for interview, owners, managers, ais in (
            (cls.first, (4, 3, 5), (3, 3, 3), (4, 4, 4)),
            (cls.second, (2, 2, 1), (1, 2, 2), (2, 2, None)),
        ):
            rated(interview, cls.owner, owners)
            rated(interview, cls.manager, managers)
            found(interview, ais)

    def shown(self, by: User) -> dict[str, Any]:
        return calibration.show(by=by)


def rated(interview: Interview, by: User, levels: Levels) -> Review:
    ratings = dict(zip(make.ratings(interview), map(OwnRating, levels), strict=True))
    return reviews.save_review(interview_id=interview.pk, by=by, ratings=ratings, submit=True)


def found(interview: Interview, levels: Levels) -> None:
    """Let the AI have found these levels."""
    for rating, level in zip(CompetencyRating.objects.filter(evaluation__interview=interview), levels, strict=True):
        CompetencyRating.objects.filter(pk=rating.pk).update(level=level, withheld="")


class FiguresTests(CalibrationCase):
    def test_severity_is_the_mean_distance_from_the_mean_of_the_others(self) -> None:
        rows = {row["name"]: row for row in self.shown(self.owner)["raters"]}

        # The owner's levels less the manager's: 1, 0, 2, 1, 0, -1; the mean 0.5, the deviation 1.0488, t of 5 is 2.571.
        olga = rows["Olga"]
        self.assertEqual((olga["n"], round(olga["mean"], 4), olga["own"]), (6, 0.5, True))
        self.assertEqual((round(olga["low"], 3), round(olga["high"], 3)), (-0.601, 1.601))
        self.assertEqual(round(rows[str(self.manager)]["mean"], 4), -0.5)

    def test_three_raters_are_each_held_against_the_mean_of_the_other_two(self) -> None:
        third = make.staff(Role.ADMIN)
        rated(self.first, third, (5, 5, 5))
        rated(self.second, third, (5, 5, 5))

        rows = {row["name"]: round(row["mean"], 4) for row in self.shown(self.owner)["raters"]}

        # 5 less (3.5, 3, 4, 1.5, 2, 1.5): 1.5, 2, 1, 3.5, 3, 3.5
        self.assertEqual(rows[str(third)], 2.4167)

    def test_kappa_between_people_takes_neither_of_them_for_the_truth(self) -> None:
        people = self.shown(self.owner)["people"]

        # Differences 1 0 2 1 0 1: seen 7/6; both ways round the levels are 4 3 5 2 2 1 3 3 3 1 2 2, of variance 1.2431.
        self.assertEqual(people["all"].n, 6)
        self.assertAlmostEqual(people["all"].kappa, 1 - (7 / 6) / (2 * 179 / 144), places=6)
        self.assertEqual((people["all"].same, people["all"].within_one, people["all"].one_sided), (33, 83, 0))

    def test_the_ai_is_paired_by_the_competencys_key_and_no_evidence_is_no_level(self) -> None:
        newer = publish_job(plan=make.PLAN, by=make.staff(Role.ADMIN)).current_version
        assert newer is not None
        for row in newer.competencies.all():
            CompetencyRating.objects.filter(competency__key=row.key).update(competency=row)

        ai = self.shown(self.owner)["ai"]

        # Of twelve pairs two have no level of the AI's; of ten the distances are 0 1 1 0 0 | 1 1 1 1 0.
        self.assertEqual((ai["all"].n, ai["all"].same, ai["all"].within_one, ai["all"].one_sided), (10, 40, 100, 17))
        self.assertEqual([figure.label for figure in ai["version"]], ["Data Engineer v2 · basic"])

    def test_what_the_ai_withheld_is_no_pair(self) -> None:
        CompetencyRating.objects.filter(evaluation__interview=self.first).update(level=None, withheld="orders")

        self.assertEqual(self.shown(self.owner)["ai"]["all"].n, None)  # four pairs are too few

    def test_fewer_than_five_pairs_give_no_figure(self) -> None:
        page = self.shown(self.owner)

        self.assertEqual(page["people"]["competency"], [])
        self.assertEqual(page["people"]["competency_few"], ["Candour", "Listening", "SQL"])
        html = make.signed_in(self.owner).get("/calibration/").content.decode()
        self.assertIn("Too few: Candour, Listening, SQL", html.replace("</span>", ""))

    def test_review_times_are_medians_of_five_or_more(self) -> None:
        self.assertIsNone(self.shown(self.owner)["median"])
        for number, name in enumerate("bcd"):
            interview = make.evaluated(make.invited(f"{name}@example.org"))
            rated(interview, self.owner, (3, 3, 3))
            Review.objects.filter(interview=interview).update(active_ms=60_000 * (number + 1))
        Review.objects.filter(interview__in=[self.first, self.second], reviewer=self.owner).update(active_ms=600_000)

        page = self.shown(self.owner)

        self.assertEqual(page["median"], 3.0)
        self.assertEqual(
            {row["name"]: row["minutes"] for row in page["raters"]}, {"Olga": 3.0, str(self.manager): None}
        )

    def test_overrides_are_counted_of_the_decisions_that_could_be_one(self) -> None:
        for number in range(5):
            interview = make.evaluated(make.invited(f"{number}@example.org"))
            Evaluation.objects.filter(interview=interview).update(recommendation="hire")
            make.reviewed(interview, self.owner)
            make.decided(interview, self.owner, "reject" if number < 2 else "advance")
        Evaluation.objects.filter(interview=self.first).update(recommendation="no_hire")
        make.decided(self.first, self.owner)

        rows = self.shown(self.owner)["overrides"]

        self.assertEqual(rows, [{"label": "Hire", "n": 5, "percent": 40}, {"label": "No hire", "n": None}])


class WhoSeesWhatTests(CalibrationCase):
    def test_names_of_others_are_for_who_reads_the_audit_trail(self) -> None:
        names = {
            role: [row["name"] for row in self.shown(person)["raters"]]
            for role, person in {
                "owner": self.owner,
                "auditor": make.staff(Role.AUDITOR),
                "manager": self.manager,
            }.items()
        }

        everybody = ["Olga", str(self.manager)]
        self.assertEqual(names, {"owner": everybody, "auditor": everybody, "manager": [str(self.manager)]})
        self.assertNotContains(make.signed_in(self.manager).get("/calibration/"), "Olga")

    def test_an_interview_that_waits_for_the_own_rating_is_in_no_figure(self) -> None:
        admin, auditor = make.staff(Role.ADMIN), make.staff(Role.AUDITOR)
        self.assertEqual(self.shown(admin), {"everybody": True, "known": False})
        rated(self.first, admin, (3, 3, 3))

        before = self.shown(admin)
        found(self.second, (5, 5, 5))
        Review.objects.filter(interview=self.second).update(active_ms=999_000)

        self.assertEqual(self.shown(admin), before)
        self.assertEqual(before["people"]["all"].n, 9)
        self.assertEqual(self.shown(auditor)["people"]["all"].n, 12)

    def test_one_that_was_decided_on_waits_for_nobody_who_decides_and_still_for_a_reviewer(self) -> None:
        make.decided(self.first, self.owner)
        admin, reviewer = make.staff(Role.ADMIN), team.staff_of(self.first, Role.REVIEWER)

        self.assertTrue(self.shown(admin)["known"])
        self.assertFalse(self.shown(reviewer)["known"])

    def test_out_of_scope_is_out_of_the_figures(self) -> None:
        other = make.evaluated(make.invited("w@example.org", slug="welder"))
        rated(other, self.owner, (1, 1, 1))
        rated(other, make.staff(Role.ADMIN), (5, 5, 5))

        self.assertEqual(self.shown(self.owner)["people"]["all"].n, 9)
        self.assertEqual(self.shown(self.manager)["people"]["all"].n, 6)

    def test_support_and_who_is_out_are_refused(self) -> None:
        with make.writes() as written, self.assertRaises(NotPermitted):
            self.shown(User(role="support", name="Support"))

        self.assertEqual(written.tables, {})

    def test_strangers_and_other_tenants_see_nothing_of_it(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER), OTHER)
        url = reverse("portal_calibration")

        codes = [client.get(url).status_code for client in (TenantClient(), make.carried(theirs))]

        self.assertEqual(codes, [302, 302])
        page = theirs.get(url)
        self.assertContains(page, "Nothing to compare yet")
        self.assertNotContains(page, "Olga")

    def test_a_look_is_in_the_trail_and_the_page_asks_the_same_queries_for_more_raters(self) -> None:
        client = make.signed_in(self.owner)
        make.read_what_is_kept()
        client.get("/calibration/")
        with self.assertNumQueries(14):
            client.get("/calibration/")
        for role in (Role.ADMIN, Role.RECRUITER):
            rated(self.first, make.staff(role), (1, 2, 3))

        with self.assertNumQueries(14):
            client.get("/calibration/")

        self.assertEqual(make.actions("calibration."), ["calibration.viewed"] * 3)
