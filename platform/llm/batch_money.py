"""A batch's money: the most that it may cost is taken out of the budgets before it is owed, as an interview's is.

What its answers cost is spent of that, and the rest goes back when it is over. Without Redis only accuracy is lost.
"""

from decimal import Decimal
from uuid import UUID

import structlog
from redis import RedisError

from core.redis import client
from llm import admission, budgets
from llm.admission import NANO, NoCount
from llm.policy import TenantPolicy

SPEND = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'left', ARGV[1]) end"

log = structlog.get_logger()


def reserve(owner_id: UUID, *, policy: TenantPolicy, feature: str, cost_nano: int) -> bool:
    """Whether every budget has so much left; then it is taken, once for an owner."""
    try:
        ceilings = budgets.applying(policy, feature)
        return admission.reserve_allowance(owner_id, cost_nano=cost_nano, ceilings=ceilings)
    except NoCount:
        return False


def spend(owner_id: UUID, cost_usd: Decimal | None) -> None:
    """An answer was paid for."""
    try:
        client().eval(SPEND, 1, admission.allowance_key(owner_id), -int((cost_usd or 0) * NANO))
    except RedisError:
        log.warning("llm_batch_not_charged")


def release(owner_id: UUID) -> None:
    """Give back what the batch did not spend, once."""
    admission.release_allowance(owner_id)
