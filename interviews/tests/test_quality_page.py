"""The page of quality: this tenant's own sums, of ten or more, for those who answer for them."""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from accounts.roles import Role
from core import clock
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Evaluation, Interview, Retest
from interviews.selectors.small_cells import hidden
from interviews.tests import make
from interviews.tests.ended import BY_RULES, Ended

FIGURES = {"answers": 3, "refused": 0, "quotes": 4, "located": 3, "levels": 2, "supported": 2}
NOTHING, FEW = "–", "•"


class SmallCellsTests(TenantTestCase):
    def test_one_to_nine_are_hidden_and_so_is_what_would_tell_them(self) -> None:
        for counts, expected in (
            ([10, 50], [False, False]),
            ([0, 50], [False, False]),
            ([9, 50, 12], [True, False, True]),  # or 71 less 62 would be told
            ([9, 1, 50], [True, True, False]),  # together they are ten
            ([4], [True]),
            ([], []),
        ):
            with self.subTest(counts):
                self.assertEqual(hidden(counts), expected)


class QualityPageTests(TenantTestCase):
    url = reverse("portal_quality", urlconf="config.urls_tenant")

    def page(self, days: str = "", role: str = Role.ADMIN) -> Any:
        return make.signed_in(make.staff(role)).get(self.url, {"days": days} if days else {})

    def figures(self, days: str = "") -> dict[str, Any]:
        return dict(self.page(days).context["figures"])

    def people(self, count: int) -> list[Any]:
        return [make.staff(Role.REVIEWER, email=f"reviewer{number}@staff.example") for number in range(count)]

    def test_shares_are_added_up_over_all_evaluations_that_ended_in_the_time(self) -> None:
        ended = Ended()
        ended.evaluated(12, figures=FIGURES, spread=1)
        ended.evaluated(8, figures={**FIGURES, "refused": 1, "located": 4, "supported": 1}, levels=(3, None, None))
        ended.evaluated(10, age=timedelta(days=40), figures={**FIGURES, "located": 0})

        month, quarter = self.figures(), self.figures("90")

        self.assertEqual((month["evaluations"], quarter["evaluations"]), (20, 30))
        shown = {name: str(share) for name, share in month["total"].items()}
        self.assertEqual(
            shown,
            {"without_level": "46.7%", "fabricated": "15%", "faithful": "80%", "refused": "13.3%", "near": NOTHING},
        )  # 28 of 60 ratings, 12 of 80 quotes, 32 of 40 levels, 8 of 60 answers
        self.assertEqual(str(quarter["total"]["fabricated"]), "43.3%")  # 52 of 120

    def test_they_are_told_apart_by_model_and_prompt_and_by_scorecard(self) -> None:
        first, second = Ended(), Ended("another-job")
        first.evaluated(10, figures=FIGURES)
        second.evaluated(20, levels=(None, None, None), versions=BY_RULES)

        found = self.figures()

        makers = [(row["name"], row["note"], row["evaluations"], row["shares"]) for row in found["makers"]]
        self.assertEqual(
            [(*row[:3], str(row[3]["without_level"]), str(row[3]["fabricated"])) for row in makers],
            [("", "basic.1", 20, "100%", NOTHING), ("m1", "model.2 · evaluation.v3", 10, "33.3%", "25%")],
        )
        scales = [(row["evaluations"], str(row["shares"]["without_level"])) for row in found["scales"]]
        self.assertEqual(scales, [(20, "100%"), (10, "33.3%")])
        self.assertEqual([row["note"] for row in found["scales"]], ["1", "1"])

    def test_what_few_stand_behind_is_hidden_and_cannot_be_worked_out(self) -> None:
        first, second, third = Ended(), Ended("second-job"), Ended("third-job")
        first.evaluated(30, figures=FIGURES)
        second.evaluated(9, figures=FIGURES, versions=BY_RULES | {"model": "m2"})
        third.evaluated(12, figures=FIGURES, versions=BY_RULES | {"model": "m3"})

        found = self.figures()

        shown = {row["name"]: str(row["shares"]["fabricated"]) for row in found["makers"]}
        self.assertEqual(shown, {"m1": "25%", "m3": FEW, "m2": FEW})
        self.assertEqual([str(row["shares"]["fabricated"]) for row in found["scales"]], ["25%", FEW, FEW])
        self.assertEqual(str(found["total"]["fabricated"]), "25%")

    def test_nine_evaluations_show_no_figure_at_all(self) -> None:
        ended = Ended()
        made = ended.evaluated(9, figures=FIGURES, spread=2)
        ended.reviewed(made, self.people(3), 3, 3, 3)
        Interview.objects.update(stars=1, rated_at=clock.now())

        page = self.page()

        found = page.context["figures"]
        self.assertEqual({str(share) for share in found["total"].values()}, {FEW})
        self.assertEqual((found["distances"], found["withheld"], found["rating"]["mean"]), ([], [], None))
        self.assertNotRegex(page.content.decode(), r"\d%<")

    def test_agreement_is_of_submitted_ratings_of_at_least_three_people_on_the_same_scale(self) -> None:
        ended = Ended()
        made = ended.evaluated(12, levels=(3, 5, None))
        people = self.people(3)
        ended.reviewed(made[:10], people[:2], 4, 1, 2)
        self.assertEqual(str(self.figures()["total"]["near"]), FEW)

        ended.reviewed(made[10:], people[2:], 3, 4, None)

        found = self.figures()
        self.assertEqual((found["reviewed"], str(found["total"]["near"])), (12, "58.3%"))  # 14 of 24

    def test_drafts_and_what_was_superseded_do_not_count_for_agreement(self) -> None:
        ended = Ended()
        made = ended.evaluated(24, levels=(3, 3, 3))
        ended.reviewed(made, self.people(3), 3, 3, 3)
        Evaluation.objects.filter(pk__in=[one.pk for one in made[:12]]).update(status="superseded")
        for one in made[12:15]:
            one.interview.reviews.update(status="draft")

        found = self.figures()

        self.assertEqual((found["reviewed"], str(found["total"]["near"])), (9, FEW))

    def test_spread_reasons_rating_and_second_evaluations_are_shown_of_ten_or_more(self) -> None:
        ended = Ended()
        calm = ended.evaluated(20, spread=0)
        ended.evaluated(10, spread=2, levels=(None, None, 3), withheld="spread")
        Interview.objects.filter(pk__in=[one.interview_id for one in calm[:10]]).update(stars=4, rated_at=clock.now())
        Interview.objects.filter(pk__in=[one.interview_id for one in calm[10:15]]).update(stars=1, rated_at=clock.now())
        Retest.objects.bulk_create(
            Retest(evaluation=one, status="done", pairs=3, same=2, within_one=3, largest=1, finished_at=clock.now())
            for one in calm[:10]
        )

        page = self.page()

        found = page.context["figures"]
        spread = [(row["name"], str(row["share"])) for row in found["distances"]]
        self.assertEqual(spread, [("0", "66.7%"), ("1", "0%"), ("2", "33.3%"), ("3", "0%"), ("4", "0%")])
        self.assertEqual([str(row["share"]) for row in found["withheld"]], ["0%", "100%", "0%", "0%", "0%"])
        self.assertEqual((found["rating"], page.status_code), ({"mean": 3.0, "count": 15}, 200))
        retest = found["retest"]
        self.assertEqual(
            (retest["count"], str(retest["same"]), str(retest["near"]), retest["largest"]), (10, "66.7%", "100%", 1)
        )
        self.assertContains(page, "The passes of the model do not agree")

    def test_another_tenants_figures_are_not_in_it(self) -> None:
        Ended().evaluated(10, levels=(3, 3, 3))
        with self.in_tenant(OTHER):
            theirs = Ended()
            theirs.evaluated(50, figures=FIGURES, versions=BY_RULES | {"model": "their-model"})
            client = make.signed_in(make.staff(Role.ADMIN), OTHER)

        page = self.page()

        self.assertEqual((page.context["figures"]["evaluations"], len(page.context["figures"]["makers"])), (10, 1))
        self.assertNotContains(page, "their-model")
        self.assertEqual(client.get(self.url).context["figures"]["evaluations"], 50)

    def test_who_answers_for_quality_sees_it_and_nobody_else(self) -> None:
        codes = {role: self.page(role=role).status_code for role in Role.values}

        self.assertEqual({role for role, code in codes.items() if code == 200}, {Role.OWNER, Role.ADMIN, Role.AUDITOR})
        self.assertEqual({code for code in codes.values() if code != 200}, {403})
        self.assertEqual(TenantClient().get(self.url).status_code, 302)
        with self.in_tenant(OTHER):
            foreign = make.carried(make.signed_in(make.staff(Role.OWNER), OTHER))
        self.assertEqual(foreign.get(self.url).status_code, 302)

    def test_it_is_in_the_menu_of_those_alone(self) -> None:
        for role, count in ((Role.AUDITOR, 2), (Role.RECRUITER, 0)):  # the menu is there twice: wide and narrow
            page = make.signed_in(make.staff(role)).get(reverse("portal_jobs"))
            self.assertContains(page, f'href="{self.url}"', count=count)

    def test_another_period_is_refused_and_says_which_there_are(self) -> None:
        for wrong in ("7", "x", "-30", "30 OR 1"):
            self.assertContains(self.page(wrong), "Choose 30 or 90 days.", status_code=400)

    def test_looking_writes_nothing_and_asks_as_much_for_many_as_for_few(self) -> None:
        client = make.signed_in(make.staff(Role.AUDITOR))
        client.get(self.url)
        make.read_what_is_kept()
        for slug in ("one", "two", "three"):
            Ended(slug).evaluated(10, figures=FIGURES)
            with make.writes() as written, self.assertNumQueries(12):  # seven of them are its own
                client.get(self.url)
            self.assertEqual(written.tables, {})

    def test_an_empty_page_says_so(self) -> None:
        self.assertContains(self.page(), "Nothing was evaluated in this time")
