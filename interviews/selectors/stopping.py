"""What stops and what goes on when there is no money left for models, feature by feature, in words for people."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Told:
    """What happens to one of the gateway's features; `stops`: whether something is missing until there is money."""

    name: Promise
    words: Promise
    stops: bool


# Every feature of llm/data/features.json has its own (a test holds that), in the order of how much it matters.
FEATURES: dict[str, Told] = {
    "interview_turn": Told(
        _("Interviews"),
        _(
            "Continue. For interviews that had already started, a model's replies and the evaluation were reserved "
            "at the start, for two days. Interviews that start now use prepared questions and follow-ups."
        ),
        stops=False,
    ),
    "evaluation": Told(
        _("Evaluations"),
        _(
            "Wait. Fixed rules produce a provisional result, which cannot be used for a decision. A model redoes it "
            "automatically, within about ten minutes of there being budget again; after 32 days it stays as it is."
        ),
        stops=True,
    ),
    "resume_analysis": Told(
        _("Resume summaries"),
        _(
            "Stop. Fixed rules look for headings, dates and matching words instead. Summaries are not redone "
            "automatically: press “Try again” beside the summary once there is budget."
        ),
        stops=True,
    ),
    "question_drafts": Told(
        _("Drafts of plans"),
        _("Stop. A plan is drafted from the library of competencies instead, and the page says so."),
        stops=True,
    ),
    "evaluation_retest": Told(
        _("Evaluations made twice"),
        _(
            "Stop. The sample that checks whether evaluations are repeatable is tried again up to four times, "
            "six hours apart, and then skipped. It never affects a result."
        ),
        stops=True,
    ),
    "key_requirements": Told(
        _("A job's key requirements"),
        _("Continue. They are read from the plan without a model."),
        stops=False,
    ),
    "report": Told(
        _("Reports and feedback letters"),
        _("Continue. They are written from the evidence without a model."),
        stops=False,
    ),
}
# What never asks a model at all.
ANYWAY = _(
    "Everything else continues as usual: invitations, candidates' answers (always saved first), your team's own "
    "ratings and decisions, mail, exports and sign-in. Model answers that are still cached cost nothing and are used."
)
