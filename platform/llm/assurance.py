"""What a run of a feature's suites found: recorded once, and a version that failed is given to nobody from then on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock, tenancy
from llm import experiments, gates, metrics
from llm.gates import Versions
from llm.models import AssuranceRun, Variant

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """What a run came to; see llm.models.AssuranceRun."""

    feature: str
    prompt: str
    versions: Versions
    model: str
    figures: Mapping[str, Mapping[str, Any]]
    calls: int
    cost_usd: Decimal | None
    started_at: datetime


def record(found: Found, *, by: str) -> AssuranceRun:
    """Store the run; below the gate, switch its version off in the experiment that tries it."""
    failing = gates.below(found.figures)
    with transaction.atomic():
        row = AssuranceRun.objects.create(
            feature=found.feature,
            prompt_version=found.prompt,
            evaluator_version=found.versions.evaluator,
            code_version=found.versions.code,
            suites_version=found.versions.suites,
            model=found.model,
            figures=found.figures,
            cases=min(one["cases"] for one in found.figures.values()),
            passed=not failing,
            calls=found.calls,
            cost_usd=found.cost_usd,
            started_at=found.started_at,
            finished_at=clock.now(),
            by=by[:80],
        )
        with tenancy.enter_platform():
            told: dict[str, Any] = {
                "prompt": row.prompt_version,
                "model": row.model,
                "passed": row.passed,
                "below": failing,
            }
            audit.record("evaluator.assured", row, **told)
        if failing:
            _switch_off(row, failing)
    experiments.forget()
    return row


def history(feature: str, *, most: int) -> list[AssuranceRun]:
    """The newest run of each prompt, evaluator, code, suites and model, the newest first."""
    of = ("prompt_version", "evaluator_version", "code_version", "suites_version", "model")
    last = AssuranceRun.objects.filter(feature=feature).order_by(*of, "-finished_at").distinct(*of)
    return list(AssuranceRun.objects.filter(pk__in=last.values("pk")).order_by("-finished_at")[:most])


def _switch_off(row: AssuranceRun, failing: list[str]) -> None:
    """Whoever tries this version gets the control; a control only raises an alarm, as with guardrails."""
    tried = Variant.objects.filter(
        experiment__feature=row.feature, experiment__status="running", prompt_version=row.prompt_version
    )
    for variant in tried:
        reason = _("Below its gate with %(model)s: %(suites)s.") % {"model": row.model, "suites": ", ".join(failing)}
        if variant.is_control:
            metrics.control_alarms.labels(row.feature).inc()
            log.warning("experiment_control_is_below_its_gate", version=row.prompt_version, reason=reason)
        elif experiments.switch_off(variant_id=variant.pk, reason=reason):
            metrics.versions_off.labels(row.feature).inc()
            log.warning("experiment_version_off", version=row.prompt_version, reason=reason)
