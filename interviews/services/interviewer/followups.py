"""Follow-up questions: why one is asked, and the scripted ones of basic mode. Always neutral."""

from django.utils import translation
from django.utils.translation import gettext as _

from interviews.services.interviewer.types import AGAIN, Probe, TurnContext


def shown(probe: Probe, *, language: str) -> str:
    """The follow-up as the candidate reads it: first why it is asked."""
    with translation.override(language):
        return f"{reasons()[probe.kind]} {probe.text}"


def scripted(context: TurnContext) -> Probe | None:
    """The follow-up that coverage wants most, in words that were not used in this interview; None if none is wanted.

    First come the words that were written for the question. The same turn always gets the same words.
    """
    if not context.wanted.kinds:
        return None
    kind = context.wanted.kinds[0]
    with translation.override(context.language):
        offered = wordings()[kind]
    first = context.turn_id.int % len(offered)
    turned = [*filter(None, [context.written.get(kind)]), *offered[first:], *offered[:first]]
    fresh = (text for text in turned if not any(text in question for question in context.questions))
    text = next(fresh, None)
    return Probe(kind, text) if text else None


def reasons() -> dict[str, str]:
    """kind -> why such a question is asked, about the readers and never about the answer."""
    return {
        "evidence": _("The people who read your answers look for one concrete example."),
        "ownership": _("The people who read your answers look for what each person did themselves."),
        "result": _("The people who read your answers look for what came of it."),
        "clarify": _("This makes sure that your answer is read as you mean it."),
        AGAIN: _("Here is the question once more."),
    }


def wordings() -> dict[str, list[str]]:
    """kind -> the scripted questions. Each fits any occupation and any answer."""
    return {
        "evidence": [
            _("Which example from your own work can you describe, step by step?"),
            _("What exactly was done, and in which order?"),
            _("Can you describe one occasion on which you did this, and how you went about it?"),
            _("How did you check that it was so, in one case that you remember?"),
        ],
        "ownership": [
            _("What was your own part in this?"),
            _("Which of these steps did you take yourself?"),
            _("What did you decide or do yourself, and what did others do?"),
            _("Where in this did your own work begin and end?"),
        ],
        "result": [
            _("What came of it in the end?"),
            _("What was different afterwards, and how could you tell?"),
            _("How did it turn out?"),
            _("What happened as a consequence, as far as you know?"),
        ],
        "clarify": [
            _("Can you explain what you mean in a few more words?"),
            _("How would you describe this to somebody who was not there?"),
            _("What should a reader know about the situation to follow your answer?"),
            _("Can you say more about what you did and why?"),
        ],
    }
