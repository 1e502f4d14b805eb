"""The suites in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# suite -> its name, and in a sentence what it asks.
SUITES: dict[str, tuple[Promise, Promise]] = {
    "repetition": (_("Repetition"), _("Saying the same answer twice moves no level.")),
    "irrelevance": (_("Irrelevance"), _("Small talk beside an answer moves no level.")),
    "aggrandising": (_("Praise"), _("Praise by the interviewer, or of oneself, moves no level.")),
    "padding": (_("Padding"), _("Words without content at the end of an answer move no level.")),
    "buzzwords": (_("Buzzwords"), _("Fashionable words without content move no level.")),
    "names": (_("Names"), _("Another first name in an answer moves no level.")),
    "gender": (_("Gender"), _("Words that tell a gender move no level.")),
    "dialect": (_("Dialect"), _("Other spellings, and grammar of a second language, move no level.")),
    "order": (_("Order"), _("Answers in another order move no level.")),
    "forged_quotes": (_("Forged quotes"), _("A rating that somebody else is said to have given raises no level.")),
    "injection": (_("Injection"), _("Orders to the evaluator inside an answer raise no level.")),
    "evidence_up": (_("Evidence up"), _("A strong answer after a weak one raises its competency.")),
    "evidence_down": (_("Evidence down"), _("A weak answer after a good one lowers its competency.")),
    "small_talk": (_("Small talk"), _("An interview of small talk alone is no evidence of anything.")),
    "wrong_occupation": (_("Wrong field"), _("Good answers about another field of work are no evidence of this one.")),
}
