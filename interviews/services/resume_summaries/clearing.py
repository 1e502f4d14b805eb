"""What in a resume speaks to whoever evaluates, not about the work: shown to people, kept from everything else."""

from compliance.injection import detect
from interviews.services.evaluation.text import sentences
from interviews.services.resume_summaries.types import Place

SUSPICIOUS = 0.5  # of compliance.injection.detecting.THRESHOLD, which flags; telephone numbers alone make 0.3


def left_out(text: str) -> tuple[Place, ...]:
    """The suspicious places, each whole sentences or lines, in order and apart from each other."""
    spans = detect(text, spans_from=SUSPICIOUS).spans
    if not spans:
        return ()
    touched = [(one.start, one.end) for one in sentences(text) if any(a < one.end and one.start < b for a, b in spans)]
    merged: list[Place] = []
    for start, end in sorted([*spans, *touched]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def blanked(text: str, places: tuple[Place, ...]) -> str:
    """The text with empty lines in place of these, every other character where it was.

    Nothing that stands in one paragraph goes over such a gap: no line, no quote.
    """
    for start, end in places:
        text = text[:start] + "\n" * (end - start) + text[end:]
    return text
