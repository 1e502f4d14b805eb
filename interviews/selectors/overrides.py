"""Decisions against the AI's recommendation: told from the rows, no column says so."""

from django.db.models import OuterRef, Q, QuerySet, Subquery

from interviews.models import Decision, Evaluation

HAD_A_RESULT = (Evaluation.Status.READY, Evaluation.Status.PROVISIONAL, Evaluation.Status.SUPERSEDED)
ALL = Q()
OPPOSITE = {  # recommendation -> the outcome that goes against it
    Evaluation.Recommendation.HIRE: Decision.Outcome.REJECT,
    Evaluation.Recommendation.NO_HIRE: Decision.Outcome.ADVANCE,
}


def with_recommendation(decisions: QuerySet[Decision], *, told: Q = ALL) -> QuerySet[Decision]:
    """The decisions with `recommended`: what the newest result said that there was when somebody decided.

    Results are superseded, never edited, so a decision is told to be against one or not for ever.

    :param told: which evaluations may be told of.
    """
    made = Evaluation.objects.filter(told, interview=OuterRef("interview"), status__in=HAD_A_RESULT)
    newest = made.filter(finished_at__lte=OuterRef("decided_at")).order_by("-finished_at")
    return decisions.annotate(recommended=Subquery(newest.values("recommendation")[:1]))


def is_against(recommended: str | None, outcome: str) -> bool:
    """Whether this outcome overrides the recommendation; "maybe" and none can't be overridden, nor can holding."""
    return OPPOSITE.get(Evaluation.Recommendation(recommended or "")) == outcome


def against() -> Q:
    """The same, as a filter of `with_recommendation`."""
    found = Q(pk__in=())
    for recommended, outcome in OPPOSITE.items():
        found |= Q(recommended=recommended, outcome=outcome)
    return found


def label(recommended: str | None, outcome: str) -> str:
    """What was recommended, where the outcome goes against it; "" where it does not."""
    return str(Evaluation.Recommendation(recommended or "").label) if is_against(recommended, outcome) else ""
