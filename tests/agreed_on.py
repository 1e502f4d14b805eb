"""What people say of an interview that several rated: why they differ from the AI, and what they agreed on."""

from collections.abc import Callable

from interviews.models import Interview
from interviews.services import consensus, disagreements, reviews
from interviews.tests import make


def fill(interview: Interview, words: Callable[[str], str]) -> None:
    """Reasons and a consensus of the recruiter's, with the tenant's own `words` in every text."""
    by, evaluation = make.staff(), interview.evaluations.get()
    differing = [row.competency.key for row in evaluation.ratings.all() if not row.withheld and row.level != 4]
    reasons = {key: disagreements.Reason("other", words("It had two questions in it.")) for key in differing}
    disagreements.explain(interview_id=interview.pk, by=by, reasons=reasons, result=evaluation.pk)
    levels = {pk: reviews.OwnRating(3, words("We met.")) for pk in make.ratings(interview)}
    rests_on = list(interview.reviews.values_list("pk", flat=True))
    consensus.record(interview_id=interview.pk, by=by, levels=levels, rests_on=rests_on)
