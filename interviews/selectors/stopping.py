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
            "Go on. For an interview that had begun before, replies by a model and its evaluation were set aside "
            "at its start, for two days. One that begins now is held with prepared questions and follow-ups."
        ),
        stops=False,
    ),
    "evaluation": Told(
        _("Evaluations"),
        _(
            "Wait. Fixed rules make a provisional result, on which no decision may rest. It is made anew by a model, "
            "by itself, within about ten minutes of there being money again; after 32 days it stays as it is."
        ),
        stops=True,
    ),
    "resume_analysis": Told(
        _("Resume summaries"),
        _(
            "Stop. Headings, dates and shared words are found by fixed rules instead. It is not made anew by itself: "
            "press “Try again” beside the summary once there is money."
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
            "Stop. The sample that measures whether evaluations repeat is tried again up to four times, six hours "
            "apart, and then left out. It never changed a result."
        ),
        stops=True,
    ),
    "key_requirements": Told(
        _("A job's key requirements"),
        _("Go on. They are read from the plan, and no model is asked for them."),
        stops=False,
    ),
    "report": Told(
        _("Reports and feedback letters"),
        _("Go on. They are written from the evidence without a model."),
        stops=False,
    ),
}
# What never asks a model at all.
ANYWAY = _(
    "Everything else goes on as ever: invitations, candidates' answers, which are saved before anything else happens, "
    "your team's own ratings and decisions, mail, exports and sign-in. Answers of models that are still in the cache "
    "cost nothing and are used."
)
