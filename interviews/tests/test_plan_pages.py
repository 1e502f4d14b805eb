"""The pages on which a plan is drafted and edited: plain forms, every button of which saves."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.urls import reverse

from accounts.roles import Role
from core.testing import OTHER
from interviews.models import Job, JobVersion, PlanDraft
from interviews.services import plan_drafts
from interviews.services.jobs import QuestionPlan
from interviews.tests import make, planned
from interviews.tests.plan_pages import DESCRIPTION, PageCase, form_of


class EditingTests(PageCase):
    def test_the_page_holds_the_whole_plan_and_sending_it_back_changes_nothing(self) -> None:
        page = self.client.get(self.url)

        for words in ("Tell us about a migration of a large table.", "Works on large tables safely.", "Guesses."):
            self.assertContains(page, words)
        self.assertContains(page, 'value="0.5"')
        response = self.send()
        self.assertRedirects(response, self.url, status_code=303, fetch_redirect_response=False)
        self.assert_unchanged()

    def test_what_is_typed_is_kept(self) -> None:
        plan = replace(
            make.PLAN,
            title="Data Lead",
            intro="Line one.\nLine two.",
            questions=(QuestionPlan("Tell us of a table.", ("sql", "candour"), {"result": "Then?"}),),
        )

        self.send(plan, changes={"intro": "Line one.\r\nLine two."})

        self.assertEqual(self.kept(), plan)

    def test_buttons_add_and_remove_rows_and_save_the_rest(self) -> None:
        def after(do: str, **more: str) -> tuple[list[str], int]:
            draft = PlanDraft.objects.get()
            response = self.send(self.kept(), draft.revision, {"do": do} | more)
            self.assertEqual(response.status_code, 303)
            return [one.key for one in self.kept().competencies], len(self.kept().questions)

        self.assertEqual(
            after("add_library", from_library="fairness"), (["sql", "listening", "candour", "fairness"], 3)
        )
        self.assertEqual(after("add_question"), (["sql", "listening", "candour", "fairness"], 4))
        self.assertEqual(after("remove_question-3"), (["sql", "listening", "candour", "fairness"], 3))
        self.assertEqual(after("remove_competency-1"), (["sql", "candour", "fairness"], 3))
        added = after("add_own", own_name="Night work", own_dimension="values")
        self.assertEqual(added, (["sql", "candour", "fairness", "night_work"], 3))
        self.assertEqual(str(self.kept().competencies[-1].weight), "0.125")

    def test_what_can_t_be_added_is_told_and_nothing_is_saved(self) -> None:
        for more in ({"do": "add_library", "from_library": "listening"}, {"do": "add_own", "own_name": "!"}):
            response = self.send(replace(make.PLAN, title="Typed"), changes=more)

            self.assertContains(response, 'value="Typed"', status_code=400)
            self.assert_unchanged()

    def test_bad_numbers_and_long_texts_are_refused_beside_their_field_and_what_was_typed_stays(self) -> None:
        cases = {
            "c0-weight": ("abc", "Enter a number."),
            "c1-weight": ("-1", "greater than or equal to 0"),
            "c2-weight": ("1e999999", "no more than"),
            "minutes": ("3", "greater than or equal to 5"),
            "coverage_percent": ("101", "less than or equal to 100"),
            "threshold_hire": ("NaN", "Enter a number."),
            "q0-text": ("x" * 1501, "at most 1500 characters"),
            "c0-key": ("a b", "valid “slug”"),
            "q1-about": ("nothing", "Select a valid choice."),
        }
        for name, (typed, said) in cases.items():
            response = self.send(changes={name: typed, "title": "Typed"})

            self.assertContains(response, said, status_code=400)
            self.assertContains(response, 'value="Typed"', status_code=400)
            self.assertContains(response, "Nothing was saved.", status_code=400)
            self.assert_unchanged()

    def test_a_form_of_another_shape_is_refused(self) -> None:
        for more in ({"competencies": "16"}, {"questions": "-1"}, {"questions": "x"}, {"competencies": ""}):
            self.assertContains(self.send(changes=more), "nothing was saved", status_code=400)
            self.assert_unchanged()
        self.assertEqual(self.send(changes={"revision": "x"}).status_code, 400)
        self.assertEqual(self.client.post(self.url, {}).status_code, 400)
        self.assert_unchanged()

    def test_the_second_of_two_editors_sees_what_was_typed_and_may_replace(self) -> None:
        other = make.staff(Role.OWNER)
        theirs = replace(make.PLAN, title="Theirs")
        plan_drafts.save(draft_id=self.draft.pk, revision=1, plan=theirs, by=other)

        response = self.send(replace(make.PLAN, title="Mine"))

        self.assertContains(response, 'value="Mine"', status_code=409)
        self.assertContains(response, f"{other.name} saved it at", status_code=409)
        self.assertContains(response, 'name="revision" value="2"', status_code=409)
        self.assertEqual(self.kept(), theirs)
        self.assertEqual(self.send(replace(make.PLAN, title="Mine"), 2).status_code, 303)
        self.assertEqual(self.kept().title, "Mine")

    def test_remarks_stand_beside_what_they_are_about(self) -> None:
        private = QuestionPlan("How many children do you have at home?", ("sql",))
        self.send(replace(make.PLAN, questions=(private, *make.PLAN.questions)))

        html = self.client.get(self.url).content.decode()

        row = html[html.index('id="q0"') : html.index('id="q1"')]
        self.assertIn("this touches a private matter, family", row)
        self.assertIn("Must change", row)
        self.assertNotIn("this touches", html[html.index('id="q1"') :])

    def test_minutes_and_cost_are_shown(self) -> None:
        html = self.client.get(self.url).content.decode()

        self.assertRegex(html, r"Minutes it takes</dt>.*?>7<")
        self.assertRegex(html, r"US\$ for models, an interview</dt>.*?>0\.0000<")

    def test_a_new_job_begins_with_its_title(self) -> None:
        url = reverse("portal_plan_new")
        self.assertEqual(self.client.post(url, {"title": ""}).status_code, 400)
        response = self.client.post(url, {"title": "Baker"})

        draft = PlanDraft.objects.get(job=None)
        self.assertRedirects(
            response, reverse("portal_plan", args=[draft.pk]), status_code=303, fetch_redirect_response=False
        )
        self.assertContains(self.client.get(reverse("portal_jobs")), "Baker")
        self.assertEqual(Job.objects.count(), 1)

    def test_the_job_s_page_leads_to_the_draft(self) -> None:
        url = reverse("portal_plan_next", args=[self.job.pk])
        self.assertContains(self.client.get(reverse("portal_job", args=[self.job.pk])), url)

        self.assertRedirects(self.client.post(url), self.url, status_code=303, fetch_redirect_response=False)


class DescribingTests(PageCase):
    def describe(self, description: str, revision: str = "1") -> Any:
        url = reverse("portal_plan_describe", args=[self.draft.pk])
        return self.client.post(url, {"description": description, "revision": revision}, follow=True)

    def test_it_is_marked_as_drafted_and_its_reasons_are_shown(self) -> None:
        page = self.describe(DESCRIPTION)

        self.assertContains(page, "Drafted from the library")
        self.assertContains(page, "The description says")
        self.assertEqual(JobVersion.objects.count(), 1)

    def test_what_can_t_be_drafted_from_is_told_beside_the_field(self) -> None:
        cases = {
            "Bakes bread.": "Use at least 20 words about the work.",
            "": "This field is required.",
            "Wir suchen einen Bäcker, der nachts arbeitet und das Team führt, mit Freude und Erfahrung.": "English",
        }
        for typed, said in cases.items():
            self.assertContains(self.describe(typed), said, status_code=400)
            self.assert_unchanged()

    def test_a_plan_that_was_saved_meanwhile_is_not_replaced(self) -> None:
        self.send(replace(make.PLAN, title="Mine"))

        self.assertContains(self.describe(DESCRIPTION), "Somebody saved this plan meanwhile", status_code=409)
        self.assertEqual(self.kept().title, "Mine")


class StrangerTests(PageCase):
    def addresses(self) -> dict[str, dict[str, Any]]:
        args = [self.draft.pk]
        return {
            reverse("portal_plan_new"): {"title": "Theirs"},
            reverse("portal_plan_next", args=[self.job.pk]): {},
            self.url: form_of(replace(make.PLAN, title="Theirs")),
            reverse("portal_plan_describe", args=args): {"description": DESCRIPTION, "revision": "1"},
            reverse("portal_plan_discard", args=args): {"revision": "1"},
            self.publish_url: {"revision": "1", "follows": "1"},
            reverse("portal_restore", args=[self.job.pk, 1]): {"follows": "1"},
        }

    def assert_refused(self, status: int) -> None:
        for url, data in self.addresses().items():
            with make.writes() as written:
                response = self.client.post(url, data)
            self.assertEqual((response.status_code, written.tables), (status, {}), url)
        self.assert_unchanged()
        self.assertEqual((PlanDraft.objects.count(), JobVersion.objects.count()), (1, 1))

    def test_nobody_who_is_not_signed_in_gets_in(self) -> None:
        self.client.logout()

        self.assert_refused(302)

    def test_a_recruiter_may_not(self) -> None:
        self.client = make.signed_in(make.staff(Role.RECRUITER))

        self.assert_refused(403)
        self.assertEqual(self.client.get(self.url).status_code, 403)

    def test_an_admin_of_another_tenant_is_a_stranger(self) -> None:
        with self.in_tenant(OTHER):
            self.client = make.carried(make.signed_in(make.staff(Role.ADMIN), OTHER))

        self.assert_refused(302)

    def test_a_plan_of_another_tenant_does_not_exist(self) -> None:
        with self.in_tenant(OTHER):
            theirs = plan_drafts.start(title="Theirs", by=make.staff(Role.ADMIN))
            job = make.job("theirs")

        for draft_id in (theirs.pk, uuid4()):  # one that nobody ever had gets the same answers
            self.assert_missing(draft_id)
        for name in ("portal_versions", "portal_standings"):
            self.assertEqual(self.client.get(reverse(name, args=[job.pk])).status_code, 404)
        posts = {
            reverse("portal_restore", args=[job.pk, 1]): {"follows": "1"},
            reverse("portal_plan_next", args=[job.pk]): {},
        }
        for url, data in posts.items():
            self.assertEqual(self.client.post(url, data).status_code, 404, url)
        with self.in_tenant(OTHER):
            self.assertEqual((PlanDraft.objects.count(), JobVersion.objects.count()), (1, 1))

    def assert_missing(self, draft_id: UUID) -> None:
        edit, discard, publish = (
            reverse(name, args=[draft_id]) for name in ("portal_plan", "portal_plan_discard", "portal_plan_publish")
        )
        answers = (
            self.client.get(edit),
            self.client.get(publish),
            self.client.post(discard, {"revision": "1"}),
            self.client.post(publish, {"revision": "1", "follows": "0"}),
        )
        for response in answers:
            self.assertRedirects(response, reverse("portal_jobs"), status_code=303, fetch_redirect_response=False)
        kept = self.client.post(edit, form_of(planned.PLAN))
        self.assertContains(kept, f'value="{planned.PLAN.title}"', status_code=409)
        self.assertNotContains(kept, "Theirs", status_code=409)
