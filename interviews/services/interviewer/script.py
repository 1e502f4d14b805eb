"""The interviewer without a model: fixed, neutral sentences."""

from django.utils.translation import gettext as _

from interviews.services.interviewer.types import Reply, TurnContext

VERSION = "script.v1"


def greeting(*, company: str, job_title: str) -> str:
    """The first words of every interview."""
    return _(
        "Welcome to your interview for %(job_title)s at %(company)s. I am an AI interviewer; a person reads your "
        "answers and decides. Take the time you need: your answers are saved as you go."
    ) % {"job_title": job_title, "company": company}


def reply(context: TurnContext) -> Reply:
    """An acknowledgement chosen by the turn's id, so that the same turn always reads the same."""
    if context.next_question is None:
        return Reply(text=_closing(), probe=None, mode="basic", prompt_version=VERSION)
    spoken = _acknowledgements()
    text = spoken[context.turn_id.int % len(spoken)]
    return Reply(text=text, probe=None, mode="basic", prompt_version=VERSION)


def _acknowledgements() -> list[str]:
    return [
        _("Thank you, your answer is saved. Here is the next question."),
        _("Thank you. Let us go on to the next question."),
        _("Your answer is noted. Here is the next question."),
        _("Thank you for your answer. Next:"),
        _("I have your answer. Let us continue."),
    ]


def _closing() -> str:
    return _("Thank you. That was the last question. Look over your answers, then submit them.")
