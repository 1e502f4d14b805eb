"""What a candidate wrote to the evaluator instead of the interviewer: flagged, and left out of what is rated.

A flagged answer is a person's to rate: whatever rests on it has no level in basic mode. A suspicion is weaker, and only
takes the suspicious words out. Nothing is removed from what people read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compliance.injection import detect
from interviews.services.evaluation.text import sentences
from interviews.services.evaluation.types import Answer

SUSPICIOUS = 0.25  # of compliance.injection.detecting.THRESHOLD, which flags


@dataclass(frozen=True, slots=True)
class Cleared:
    """The answers with suspicious words blanked, so that every other character stays in its place.

    `flagged` are the answers that give orders; in `unflagged` nothing of these is left.
    """

    answers: tuple[Answer, ...]
    flagged: tuple[Answer, ...]

    @property
    def unflagged(self) -> tuple[Answer, ...]:
        turns = {answer.turn_id for answer in self.flagged}
        return tuple(replace(one, text="") if one.turn_id in turns else one for one in self.answers)


def cleared(answers: Sequence[Answer]) -> Cleared:
    """What may be rated."""
    found = {answer.turn_id: detect(answer.text, spans_from=SUSPICIOUS) for answer in answers}
    return Cleared(
        answers=tuple(replace(one, text=_blanked(one.text, found[one.turn_id].spans)) for one in answers),
        flagged=tuple(one for one in answers if found[one.turn_id].flagged),
    )


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text without each sentence that a span touches, and without the spans themselves."""
    if not spans:
        return text
    touched = [one for one in sentences(text) if any(start < one.end and one.start < end for start, end in spans)]
    for start, end in [*spans, *((one.start, one.end) for one in touched)]:
        kept = "".join(character if character == "\n" else " " for character in text[start:end])
        text = text[:start] + kept + text[end:]
    return text
