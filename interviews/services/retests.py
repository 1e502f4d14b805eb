"""Which evaluations are made a second time, and when: a deterministic sample, so that nobody chooses.

The second one is asked for anew (its feature keeps no answers), is compared, and is thrown away: it changes no score
and nobody is shown it. services.repeating makes it.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from core import due
from interviews.models import Evaluation, Retest

KIND = "retest"
FEATURE = "evaluation_retest"
AFTER = timedelta(days=1)
AGAIN = timedelta(hours=6)  # where no model answered, or the money was spent
MOST = 4  # tries


def owe(evaluation: Evaluation) -> bool:
    """In the current transaction, have this ready result made once more in a day, if it is of the sample."""
    if not is_of_the_sample(evaluation.pk, share=settings.EVALUATION_RETEST_SHARE):
        return False
    retest = Retest.objects.create(evaluation=evaluation)
    due.owe(KIND, retest.pk, after=AFTER)
    return True


def is_of_the_sample(evaluation_id: UUID, *, share: float) -> bool:
    """Whether the id's hash falls into the first `share` (0 to 1) of all."""
    number = int.from_bytes(hashlib.sha256(evaluation_id.bytes).digest()[:8])
    return number < share * 2**64
