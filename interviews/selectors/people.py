"""Names of candidates, decrypted for many at once."""

from collections.abc import Iterable
from uuid import UUID

from core import tenancy
from interviews.models import Candidate
from keys import ring
from keys.box import CannotOpen

ERASED = "–"


def names(candidate_ids: Iterable[UUID]) -> dict[UUID, str]:
    """candidate id -> name, with one query for the rows and one for the keys."""
    wanted = set(candidate_ids)
    ring.remember_subjects(tenancy.tenant_id(), wanted)
    return {row.pk: _name(row) for row in Candidate.objects.filter(pk__in=wanted)}


def _name(row: Candidate) -> str:
    try:
        return str(row.name)
    except (ring.KeyDestroyed, CannotOpen):
        return ERASED


def initials(name: str) -> str:
    """Two letters at most, from the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
