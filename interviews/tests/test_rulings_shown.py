"""What people of the tenant see of a contest: who handles requests all of it, who rated both results."""

from typing import Any

from django.urls import reverse

from accounts.roles import Role
from interviews.tests import make, team
from interviews.tests.test_rulings import RulingCase, levels, ruled, run_owed


class PageTests(RulingCase):
    def page(self) -> Any:
        return self.client.get(reverse("portal_interview", args=[self.interview.pk]))

    def test_the_page_of_a_contest_shows_the_words_and_the_answer_and_nothing_of_the_ai(self) -> None:
        response = self.client.get(reverse("portal_contest", args=[self.contest.pk]))

        self.assertContains(response, "It asked two things at once.")
        self.assertContains(response, make.ANSWERS[1])
        for word in ("of 5", "Suggestion", "Overall", "confidence"):
            self.assertNotContains(response, word)
        self.assertEqual(make.actions("contest.")[-1], "contest.viewed")

    def test_ruling_on_the_page_leads_back_to_it(self) -> None:
        url = reverse("portal_contest", args=[self.contest.pk])

        response = self.client.post(url, {"upheld": "no", "ruling": "It was clear."}, follow=True)

        self.assertEqual(response.redirect_chain, [(url, 303)])
        self.assertContains(response, "Declined")
        self.assertContains(response, "It was clear.")

    def test_before_the_own_review_the_transcript_tells_of_the_contest_and_no_result_is_there(self) -> None:
        ruled(self.contest)
        run_owed(self.interview)

        page = self.page()

        self.assertContains(page, "Left out of the evaluation.")
        self.assertIsNone(page.context["results"])
        self.assertNotContains(page, "Before and after the contest")

    def test_after_it_old_and_new_stand_side_by_side(self) -> None:
        make.reviewed(self.interview, self.person)
        self.assertIsNone(self.page().context["results"])
        before = levels(self.first)

        ruled(self.contest)
        self.assertIsNone(self.page().context["results"])  # the new one is not made yet
        after = levels(run_owed(self.interview))

        results = self.page().context["results"]
        self.assertEqual([column["without"] for column in results["columns"]], [[], [2]])
        self.assertEqual(
            [(row["name"], row["levels"]) for row in results["rows"]],
            [
                ("SQL", [before["sql"], after["sql"]]),
                ("Listening", [before["listening"], after["listening"]]),
                ("Candour", [before["candour"], after["candour"]]),
            ],
        )
        self.assertContains(self.page(), "Before and after the contest")
        self.assertNotContains(self.page(), "Made again on")

    def test_the_candidates_words_are_for_who_handles_requests(self) -> None:
        manager = make.signed_in(team.staff_of(self.interview, Role.HIRING_MANAGER))

        page = manager.get(reverse("portal_interview", args=[self.interview.pk]))

        self.assertContains(page, "The question was unclear")
        self.assertNotContains(page, "two things")
        self.assertNotContains(page, reverse("portal_contest", args=[self.contest.pk]))
