"""The scripted interviewer: what is said when no model is there, or when its text was refused. Always neutral."""

from django.utils import translation
from django.utils.translation import gettext as _

from interviews.services.interviewer import followups
from interviews.services.interviewer.types import Reply, TurnContext

VERSION = "script.2"


def greeting(*, company: str, job_title: str) -> str:
    """The first words, before the first question."""
    return _(
        "Hello, and welcome to your interview for %(job)s at %(company)s. I am an automated interviewer: I ask the "
        "questions, and people at %(company)s read your answers and decide."
    ) % {"job": job_title, "company": company}


def reply(context: TurnContext) -> Reply:
    """An acknowledgement without praise or judgement, and the follow-up that coverage wants.

    The same turn always gets the same words.
    """
    probe = followups.scripted(context)
    with translation.override(context.language):
        if probe is not None:
            text = _chosen(before_follow_up(), context)
        else:
            text = _chosen(acknowledgements(), context) if context.next_question else closing()
    return Reply(
        text=text, probe=probe, mode="basic", model="", prompt_version=VERSION, tokens_in=0, tokens_out=0, model_ms=0
    )


def closing() -> str:
    """The last words, after the last question."""
    return _("Thank you. That was the last question. You can look over your answers before you submit them.")


def acknowledgements() -> list[str]:
    """What may follow an answer."""
    return [
        _("Thank you. Here is the next question."),
        _("Thank you, your answer is saved. Let us go on."),
        _("I have noted that. The next question follows."),
        _("Thanks for your answer. Let us move on to the next question."),
        _("Your answer is recorded. Here is the next one."),
    ]


def before_follow_up() -> list[str]:
    """What may follow an answer that a follow-up is asked about."""
    return [
        _("Thank you, your answer is saved. One follow-up question comes first."),
        _("I have noted that. Before the next topic there is one follow-up question."),
        _("Thanks for your answer. Here is a follow-up question about it."),
    ]


def _chosen(offered: list[str], context: TurnContext) -> str:
    return offered[context.turn_id.int % len(offered)]
