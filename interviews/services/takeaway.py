"""Files that a candidate takes away: audited, then read."""

from django.template.loader import render_to_string

from core import audit, tenancy
from interviews.models import Interview
from interviews.selectors import feedback, receipts, resumes


class NoLetter(LookupError):
    """There is no feedback letter to take away."""


def receipt(interview: Interview) -> str:
    """The receipt of a submitted interview, as JSON."""
    audit.record("receipt.downloaded", interview)
    return receipts.receipt_file(interview)


def answers(interview: Interview) -> str:
    """Questions and answers, the feedback letter and what is kept of the candidate's resume, as plain text."""
    audit.record("answers.downloaded", interview)
    context = {
        "company": tenancy.current().name,
        "job_title": interview.application.job.title,
        "answers": receipts.answers(interview),
        "resumes": resumes.kept(interview),
        "letter": feedback.letter(interview),
    }
    return render_to_string("interviews/candidate/answers.txt", context)


def letter(interview: Interview) -> str:
    """The feedback letter, as plain text.

    :raises NoLetter: if none was released, or the candidate withdrew.
    """
    found = feedback.letter(interview)
    if found is None:
        raise NoLetter
    audit.record("letter.downloaded", interview)
    return str(found["text"])
