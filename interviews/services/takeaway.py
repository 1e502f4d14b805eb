"""Files that a candidate takes away: audited, then read."""

from django.template.loader import render_to_string

from core import audit, tenancy
from interviews.models import Interview
from interviews.selectors import receipts, resumes


def receipt(interview: Interview) -> str:
    """The receipt of a submitted interview, as JSON."""
    audit.record("receipt.downloaded", interview)
    return receipts.receipt_file(interview)


def answers(interview: Interview) -> str:
    """Questions and answers, and what is kept of the candidate's resume, as plain text."""
    audit.record("answers.downloaded", interview)
    context = {
        "company": tenancy.current().name,
        "job_title": interview.application.job.title,
        "answers": receipts.answers(interview),
        "resumes": resumes.kept(interview),
    }
    return render_to_string("interviews/candidate/answers.txt", context)
