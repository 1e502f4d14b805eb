"""The scripted interviewer: what is said where no model is needed, none is there, or its text was refused.

Always neutral. The words follow from the turn's number, so that the same turn always gets the same ones and two turns
in a row never do.
"""

from django.utils import translation
from django.utils.translation import gettext as _

from interviews.services.interviewer import followups
from interviews.services.interviewer.types import AGAIN, Probe, Reply, TurnContext

VERSION = "script.3"


def greeting(*, company: str, job_title: str) -> str:
    """The first words, before the first question."""
    return _(
        "Hello, and welcome to your interview for %(job)s at %(company)s. I am an automated interviewer: I ask the "
        "questions, and people at %(company)s read your answers and decide."
    ) % {"job": job_title, "company": company}


def reply(context: TurnContext) -> Reply:
    """An acknowledgement without praise or judgement, and the follow-up that coverage wants."""
    probe = followups.scripted(context)
    with translation.override(context.language):
        return _reply(_words(context, probe), probe)


def once_more(context: TurnContext, said: str) -> Reply:
    """The last question word for word, after a message that was no answer to it; `said` is its kind."""
    with translation.override(context.language):
        text = before_once_more()[said]
    return _reply(text, Probe(AGAIN, context.recent[-1].question))


def _reply(text: str, probe: Probe | None) -> Reply:
    return Reply(
        text=text, probe=probe, mode="basic", model="", prompt_version=VERSION, tokens_in=0, tokens_out=0, model_ms=0
    )


def _words(context: TurnContext, probe: Probe | None) -> str:
    if probe is not None:
        return _chosen(before_follow_up(), context)
    if context.next_question is None:
        return closing()
    told = after_telling()
    kinds = [kind for kind in context.told if kind in told]
    return _chosen(told[kinds[context.number % len(kinds)]] if kinds else acknowledgements(), context)


def closing() -> str:
    """The last words, after the last question."""
    return _("Thank you. That was the last question. You can look over your answers before you submit them.")


def acknowledgements() -> list[str]:
    """What may follow any answer."""
    return [
        _("Thank you. Here is the next question."),
        _("Thank you, your answer is saved. Let us go on."),
        _("I have noted that. The next question follows."),
        _("Thanks for your answer. Let us move on to the next question."),
        _("Your answer is recorded. Here is the next one."),
        _("That is saved, thank you. We now turn to the next question."),
        _("Noted, thank you. We go on with the next question."),
    ]


def after_telling() -> dict[str, list[str]]:
    """kind -> what may follow an answer that shows it: it names what was told, and nothing about how."""
    return {
        "result": [
            _("You described what followed. Here is the next question."),
            _("You told us how it ended. The next question follows."),
            _("Thank you for describing what changed. Let us go on to the next question."),
        ],
        "ownership": [
            _("You described your own part in this. Here is the next question."),
            _("Thank you for telling us what you did yourself. The next question follows."),
            _("You told us about your own work here. Let us move on to the next question."),
        ],
        "evidence": [
            _("You described how this was done. Here is the next question."),
            _("Thank you for describing the steps. The next question follows."),
            _("You told us how you went about it. Let us go on to the next question."),
        ],
    }


def before_follow_up() -> list[str]:
    """What may follow an answer that a follow-up is asked about."""
    return [
        _("Thank you, your answer is saved. One follow-up question comes first."),
        _("I have noted that. Before the next topic there is one follow-up question."),
        _("Thanks for your answer. Here is a follow-up question about it."),
        _("Thank you, that is noted. Before we go on there is one follow-up question about it."),
    ]


def before_once_more() -> dict[str, str]:
    """Kind of message -> what may follow it before its question is shown once more."""
    return {
        "repeat": _("Noted, thank you."),
        "pause": _("Thank you, that is noted."),
        "greeting": _("Thank you, and let us begin."),
        "acknowledgement": _("Thank you, that is noted."),
    }


def _chosen(offered: list[str], context: TurnContext) -> str:
    return offered[(context.interview_id.int + context.number) % len(offered)]
