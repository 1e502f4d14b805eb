"""What a candidate may do once they are done, or want to be: rate the interview, or withdraw from it."""

from functools import partial

from django.db import transaction

from billing.services import quota
from core import audit, clock, due, metrics, state, tenancy
from interviews.models import Interview, Turn
from interviews.services import listeners, money, redos, resume_summaries, turned_away
from llm import batches, cache

RATEABLE = (Interview.Status.COMPLETED, Interview.Status.ABANDONED)
STARS = range(1, 6)


class NotRateable(Exception):
    """The interview has not ended, or the rating is not 1 to 5."""


@transaction.atomic
def rate(interview: Interview, *, stars: int) -> None:
    """Keep how the candidate rates the interview; a later rating replaces it, and only the first is counted.

    :raises NotRateable: with nothing stored.
    """
    ended = Interview.objects.filter(pk=interview.pk, status__in=RATEABLE)
    rating = {"stars": stars, "rated_at": clock.now()}
    if stars not in STARS:
        raise NotRateable
    if ended.filter(stars=None).update(**rating):
        transaction.on_commit(metrics.stars.labels(str(stars)).inc, robust=True)
    elif ended.update(**rating) != 1:
        raise NotRateable
    audit.record("interview.rated", interview)  # not how: the trail stands beside a name


@transaction.atomic
def withdraw(interview: Interview) -> None:
    """End the interview by the candidate's will: nothing more is asked, written or evaluated. Twice is once.

    :raises core.state.TransitionNotAllowed: if it was erased.
    """
    if interview.status == Interview.Status.WITHDRAWN:
        return
    state.move(interview, Interview.Status.WITHDRAWN, last_activity_at=clock.now())
    for kind in ("interview_expiry", "interview_deadline", "quota_release"):
        due.settle(kind, interview.pk)
    waiting = interview.turns.exclude(status__in=[Turn.Status.REPLIED, Turn.Status.SKIPPED, Turn.Status.OPEN])
    for turn_id in waiting.values_list("pk", flat=True):
        due.settle("turn", turn_id)
    for evaluation_id in interview.evaluations.values_list("pk", flat=True):
        due.settle("evaluation", evaluation_id)
        redos.settle(evaluation_id)
    resume_summaries.stop(interview)
    batches.purge(subject_id=interview.subject_id)
    audit.record("interview.withdrawn", interview)
    listeners.close(interview, why="withdrawn")
    transaction.on_commit(partial(cache.purge, interview.subject_id), robust=True)
    money.give_back(interview.pk)
    if quota.release(interview_id=interview.pk):  # unless an answer consumed it
        turned_away.room_came()
    metrics.interviews.labels(tenancy.schema(), "withdrawn").inc()
