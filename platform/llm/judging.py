"""What the versions of an experiment did, from the ledger, and which of them may not go on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import connection
from django.utils.translation import gettext as _

from core import clock
from llm import experiments, metrics
from llm.models import Experiment, Variant
from llm.policy import PLATFORM

# A prompt is at fault for these, and for an answer that took too long; never for a server that was away.
BAD_OUTPUT = ("schema", "canary", "filtered", "truncated")
COUNTED = ("", "timeout", *BAD_OUTPUT)
MEASURE = """
    SELECT prompt_version, count(*), avg(cost_usd),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms), count(*) FILTER (WHERE error_kind = ANY(%(bad)s))
      FROM public.llm_call
     WHERE feature = %(feature)s AND created_at BETWEEN %(since)s AND %(until)s AND settled_at IS NOT NULL
       AND source = 'provider' AND error_kind = ANY(%(counted)s) AND prompt_version = ANY(%(versions)s)
       AND tenant <> %(platform)s
       AND (cardinality(%(tenants)s::text[]) = 0 OR tenant = ANY(%(tenants)s))
     GROUP BY prompt_version"""

# (prompt version, since when) -> the mean of what candidates said about it, or None where nobody did.
Rating = Callable[[str, datetime], Decimal | None]

log = structlog.get_logger()
_ratings: dict[str, Rating] = {}


@dataclass(frozen=True, slots=True)
class Result:
    """What a version came to; None = there is nothing to tell it from."""

    calls: int = 0
    cost_usd: Decimal | None = None  # of a call, on average
    p95_ms: int | None = None
    bad_percent: Decimal = Decimal(0)
    rating: Decimal | None = None


def register_rating(feature: str, rating: Rating) -> None:
    """Say where the ratings of a feature's prompt versions come from (called in AppConfig.ready)."""
    _ratings[feature] = rating


def judge() -> int:
    """Measure every running experiment; switch off what breaks a guardrail. The control only raises an alarm.

    :returns: how many versions were switched off.
    """
    running = Experiment.objects.filter(status=Experiment.Status.RUNNING).prefetch_related("variants")
    return sum(_judge(experiment) for experiment in running)


def results(experiment: Experiment) -> dict[str, Result]:
    """The result of each of its versions, from its start to its end or now."""
    versions = [variant.prompt_version for variant in experiment.variants.all()]
    if experiment.started_at is None:
        return {version: Result() for version in versions}
    values = {
        "bad": list(BAD_OUTPUT),
        "counted": list(COUNTED),
        "feature": experiment.feature,
        "since": experiment.started_at,
        "until": experiment.ended_at or clock.now(),
        "versions": versions,
        "tenants": experiment.tenants,
        "platform": PLATFORM,  # what the platform measured, nobody was rated by
    }
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, values)
        measured = {row[0]: row[1:] for row in cursor.fetchall()}
    return {version: _result(experiment, version, measured.get(version)) for version in versions}


def _result(experiment: Experiment, version: str, measured: tuple[int, Decimal | None, float, int] | None) -> Result:
    rate = _ratings.get(experiment.feature)
    rating = rate(version, experiment.started_at) if rate and experiment.started_at else None
    if measured is None:
        return Result(rating=rating)
    calls, cost, p95, bad = measured
    percent = (Decimal(bad) * 100 / calls).quantize(Decimal("0.01"))
    return Result(calls, cost, round(p95), percent, rating)


def _judge(experiment: Experiment) -> int:
    found = results(experiment)
    control = next(variant for variant in experiment.variants.all() if variant.is_control)
    off = 0
    for variant in experiment.variants.all():
        if variant.switched_off_at is None and found[variant.prompt_version].calls >= experiment.least_calls:
            reason = broken(experiment, found[variant.prompt_version], found[control.prompt_version])
            off += bool(reason) and _act(experiment, variant, reason)
    return off


def broken(experiment: Experiment, result: Result, control: Result) -> str:
    """The guardrail that this result breaks, in words, or "". Ratios need a control that was called often enough."""
    bad, most = result.bad_percent, experiment.most_bad_output_percent
    if bad > most:
        return _("Bad output: %(bad)s%% of its calls, over %(most)s%%.") % {"bad": bad, "most": most}
    least = experiment.least_rating
    if least is not None and result.rating is not None and result.rating < least:
        return _("Candidates rate it %(rating)s, under %(least)s.") % {"rating": result.rating, "least": least}
    if control.calls < experiment.least_calls:
        return ""
    return _dearer(experiment, result, control) or _slower(experiment, result, control)


def _dearer(experiment: Experiment, result: Result, control: Result) -> str:
    if not result.cost_usd or not control.cost_usd:
        return ""  # of an unknown price, or free: no ratio
    ratio = result.cost_usd / control.cost_usd
    if ratio <= experiment.most_cost_ratio:
        return ""
    words = _("A call costs %(ratio).2f times the control's, over %(most)s.")
    return words % {"ratio": ratio, "most": experiment.most_cost_ratio}


def _slower(experiment: Experiment, result: Result, control: Result) -> str:
    if not result.p95_ms or not control.p95_ms:
        return ""
    ratio = Decimal(result.p95_ms) / control.p95_ms
    if ratio <= experiment.most_latency_ratio:
        return ""
    words = _("Its slowest calls (p95) take %(ratio).2f times the control's, over %(most)s.")
    return words % {"ratio": ratio, "most": experiment.most_latency_ratio}


def _act(experiment: Experiment, variant: Variant, reason: str) -> bool:
    """Switch it off and say so; True if this was it that did."""
    told = {"experiment": experiment.name, "version": variant.prompt_version, "reason": reason}
    if variant.is_control:
        metrics.control_alarms.labels(experiment.feature).inc()
        log.warning("experiment_control_is_bad", **told)
        return False
    if not experiments.switch_off(variant_id=variant.pk, reason=reason):
        return False
    metrics.versions_off.labels(experiment.feature).inc()
    log.warning("experiment_version_off", **told)
    return True
