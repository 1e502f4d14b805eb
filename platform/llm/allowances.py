"""What an interview may cost, set aside at its start: once it runs, it does not end because others spent the money.

Each feature has an allowance of its own, out of the budgets that its calls fall under. Where a budget has no room for
it, the interview has none: its calls then take their chance like any other.
"""

from uuid import UUID

import structlog
from redis import RedisError

from core.redis import client
from llm import admission, budgets, features, health, own_keys, registry, router
from llm.admission import NoCount
from llm.features import Feature
from llm.policy import TenantPolicy
from llm.router import Need

log = structlog.get_logger()


def take(policy: TenantPolicy, interview_id: UUID) -> bool:
    """Set it aside, for all features or for none; False where a budget lacks it, or Redis is away. Twice is once."""
    try:
        for feature in _used():
            if not _take(policy, interview_id, feature):
                give_back(interview_id)
                log.warning("llm_allowance_refused", feature=feature.name)
                return False
    except NoCount:
        log.warning("llm_allowance_not_counted")
        return False
    return True


def give_back(interview_id: UUID) -> None:
    """Return what the interview did not spend, once."""
    for feature in _used():
        admission.release_allowance(interview_id, feature.name)


def most_nano(policy: TenantPolicy, feature: Feature) -> int:
    """The most that one interview's calls of this feature cost at the target that is asked first; unknown = 0."""
    return feature.calls_an_interview * _most_of_a_call(policy, feature)


def is_payable(policy: TenantPolicy, interview_id: UUID, feature_name: str) -> bool:
    """Whether a call of this feature could be paid now, out of the interview's allowance or of every budget.

    What Redis does not know now counts as payable: the call itself will tell.
    """
    most = _most_of_a_call(policy, features.named(feature_name))
    ceilings = [one for one in budgets.applying(policy, feature_name) if one.limit_nano is not None]
    if not ceilings:
        return True
    try:
        left = client().hget(admission.allowance_key(interview_id, feature_name), "left")
        spent = client().mget([one.key for one in ceilings])
    except RedisError:
        return True
    if left is not None and int(left) >= most:
        return True
    counted = zip(ceilings, spent, strict=True)
    return all(count is None or int(count) + most <= (one.limit_nano or 0) for one, count in counted)


def _most_of_a_call(policy: TenantPolicy, feature: Feature) -> int:
    need = Need(feature.complexity, feature.most_in, feature.most_out, policy)
    route = router.order(own_keys.over(registry.targets(), policy), need, health.states())
    return route.candidates[0].cost_nano if route.candidates else 0


def _take(policy: TenantPolicy, interview_id: UUID, feature: Feature) -> bool:
    """:raises NoCount: if Redis is away."""
    ceilings, cost_nano = budgets.applying(policy, feature.name), most_nano(policy, feature)
    if not ceilings or not cost_nano:
        return True
    return admission.reserve_allowance(interview_id, feature.name, cost_nano=cost_nano, ceilings=ceilings)


def _used() -> list[Feature]:
    return [feature for feature in features.listed().values() if feature.calls_an_interview]
