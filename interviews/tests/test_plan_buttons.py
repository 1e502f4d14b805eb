"""What a button of a plan's page says is read once, within bounds."""

from interviews.tests import make
from interviews.tests.plan_pages import PageCase


class ButtonTests(PageCase):
    def test_a_button_at_no_row_is_refused_and_nothing_is_saved(self) -> None:
        places = ("", "-", "-abc", "-²", "--1", "-1-1", "-41", "-" + "9" * 5000)
        for do in ("earlier_question", "remove_question", "remove_competency"):
            for place in places:
                with make.writes() as written:
                    response = self.send(changes={"do": do + place, "title": "Typed"})

                self.assertContains(response, "nothing was saved", status_code=400)
                self.assertEqual({table for table in written.tables if "plan_draft" in table}, set(), do + place)
        self.assert_unchanged()

    def test_the_first_question_stays_the_first(self) -> None:
        response = self.send(changes={"do": "earlier_question-0"})

        self.assertRedirects(response, f"{self.url}#q0", status_code=303, fetch_redirect_response=False)
        self.assert_unchanged()

    def test_a_question_that_moves_up_is_led_to(self) -> None:
        response = self.send(changes={"do": "earlier_question-1"})

        self.assertRedirects(response, f"{self.url}#q0", status_code=303, fetch_redirect_response=False)
        self.assertEqual(self.kept().questions, make.PLAN.questions[::-1])
