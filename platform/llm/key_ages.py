"""How old the accounts' keys are: a rotation is told by a keyed hash of the key, which is all that is stored of it."""

from collections.abc import Iterator

import structlog
from django.db.models import Q
from prometheus_client.core import GaugeMetricFamily, Metric

from core import clock, gauges, tenancy
from core.redis import pseudonym
from llm import credentials, registry
from llm.models import Account

log = structlog.get_logger()


def watch() -> int:
    """Look at the key of every account that is used; returns how many are new or were rotated.

    Their places are asked with nothing held. A key that can't be read now is looked at the next time.
    """
    with tenancy.enter_platform():
        accounts = [account for account in Account.objects.exclude(key_source="none:") if not registry.why_not(account)]
    return sum(_look(account) for account in accounts)


def _look(account: Account) -> bool:
    try:
        key = credentials.read(account.key_source)
    except credentials.NoKey as error:
        log.warning("llm_key_missing", account=account.label, source=error.source, why=error.why)
        return False
    return noticed(account=account, key=key)


def noticed(*, account: Account, key: str) -> bool:
    """Store when this key was first seen; one UPDATE, which does nothing while the key is the same."""
    fingerprint = pseudonym(key)
    with tenancy.enter_platform():
        rows = Account.objects.filter(~Q(key_fingerprint=fingerprint), pk=account.pk)
        changed = rows.update(key_fingerprint=fingerprint, key_changed_at=clock.now())
    if changed and account.key_fingerprint:
        log.info("llm_key_rotated", account=account.label)
    return bool(changed)


def gauge() -> Iterator[Metric]:
    """`candor_llm_key_age_days{account}` of the accounts that are used."""
    ages = GaugeMetricFamily("candor_llm_key_age_days", "Days since the account's key was new", labels=["account"])
    now = clock.now()
    with gauges.quick_look():
        accounts = list(Account.objects.filter(key_changed_at__isnull=False))
    for account in accounts:
        if account.key_changed_at and not registry.why_not(account):
            ages.add_metric([account.label], (now - account.key_changed_at).total_seconds() / 86_400)
    yield ages
