"""The key ring: tenant keys and subject keys, unwrapped once and remembered for a while in the process.

KEK wraps the tenant key, which wraps a key per candidate (the subject). Destroying a subject's rows
makes that person's content unreadable within REMEMBER_SECONDS in every process.
"""

import os
import threading
import time
from collections import OrderedDict
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connections

from keys import kek
from keys.box import open_box, seal_box
from keys.models import SubjectKey, TenantKey

REMEMBER_SECONDS = 60.0
REMEMBER_KEYS = 20_000
VERSION = 1

# By hand: of all that a turn reads, this alone is asked for anew by each process.
WRAPPED_SUBJECT_KEY = """
    SELECT wrapped FROM keys_subjectkey WHERE tenant_id = %s AND subject_id = %s AND version = %s"""


class KeyDestroyed(LookupError):
    """There is no key for this subject: it was erased, or never made."""


class _Memory:
    """Unwrapped keys, the oldest dropped first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, UUID | None], tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[UUID, UUID | None]) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
        return found[1] if found and found[0] > time.monotonic() else None

    def put(self, key: tuple[UUID, UUID | None], value: bytes) -> bytes:
        with self._lock:
            self._kept[key] = (time.monotonic() + REMEMBER_SECONDS, value)
            while len(self._kept) > REMEMBER_KEYS:
                self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_memory = _Memory()


def _give_back() -> None:
    """The keys' pool is small: nobody keeps a connection of it while they wait for the other database."""
    connection = connections["keys"]
    if not connection.in_atomic_block:
        connection.close()


def forget() -> None:
    """Drop every remembered key of this process."""
    _memory.clear()


def tenant_context(tenant_id: UUID, version: int) -> bytes:
    """What a wrapped tenant key is bound to."""
    return f"{tenant_id}|tenant-key|{version}".encode()


def _subject_context(tenant_id: UUID, subject_id: UUID, version: int) -> bytes:
    return f"{tenant_id}|subject-key|{subject_id}|{version}".encode()


def create_tenant_key(tenant_id: UUID) -> None:
    """Make the tenant's key unless it has one."""
    wrapped = kek.wrap(os.urandom(32), tenant_context(tenant_id, VERSION))
    row = TenantKey(tenant_id=tenant_id, version=VERSION, kek_id=kek.kek_id(), wrapped=wrapped)
    TenantKey.objects.bulk_create([row], ignore_conflicts=True)


def tenant_key(tenant_id: UUID) -> bytes:
    """:raises KeyDestroyed: if the tenant has no key."""
    kept = _memory.get((tenant_id, None))
    if kept is not None:
        return kept
    row = TenantKey.objects.filter(tenant_id=tenant_id, version=VERSION).first()
    _give_back()
    if row is None:
        raise KeyDestroyed(f"tenant {tenant_id}")
    key = kek.unwrap(bytes(row.wrapped), tenant_context(tenant_id, VERSION))
    return _memory.put((tenant_id, None), key)


def create_subject_key(tenant_id: UUID, subject_id: UUID) -> None:
    """Make the subject's key unless it has one."""
    wrapped = seal_box(AESGCM(tenant_key(tenant_id)), os.urandom(32), _subject_context(tenant_id, subject_id, VERSION))
    row = SubjectKey(tenant_id=tenant_id, subject_id=subject_id, version=VERSION, wrapped=wrapped)
    SubjectKey.objects.bulk_create([row], ignore_conflicts=True)


def subject_key(tenant_id: UUID, subject_id: UUID) -> bytes:
    """:raises KeyDestroyed: if the subject has no key."""
    kept = _memory.get((tenant_id, subject_id))
    if kept is not None:
        return kept
    with connections["keys"].cursor() as cursor:
        cursor.execute(WRAPPED_SUBJECT_KEY, [tenant_id, subject_id, VERSION])
        row = cursor.fetchone()
    _give_back()
    if row is None:
        raise KeyDestroyed(f"subject {subject_id}")
    context = _subject_context(tenant_id, subject_id, VERSION)
    key = open_box(AESGCM(tenant_key(tenant_id)), bytes(row[0]), context)
    return _memory.put((tenant_id, subject_id), key)


def remember_subjects(tenant_id: UUID, subject_ids: set[UUID]) -> None:
    """Unwrap the keys of many subjects with one query (a list that shows names)."""
    unknown = {subject for subject in subject_ids if _memory.get((tenant_id, subject)) is None}
    if not unknown:
        return
    cipher = AESGCM(tenant_key(tenant_id))
    rows = list(SubjectKey.objects.filter(tenant_id=tenant_id, subject_id__in=unknown, version=VERSION))
    _give_back()
    for row in rows:
        context = _subject_context(tenant_id, row.subject_id, VERSION)
        _memory.put((tenant_id, row.subject_id), open_box(cipher, bytes(row.wrapped), context))


def destroy_tenant(tenant_id: UUID) -> int:
    """Destroy the tenant's key and those of its subjects: what they sealed is unreadable, in its backups too.

    :returns: how many keys are gone. Processes that remember one forget it within REMEMBER_SECONDS.
    """
    gone = SubjectKey.objects.filter(tenant_id=tenant_id).delete()[0]
    gone += TenantKey.objects.filter(tenant_id=tenant_id).delete()[0]
    forget()
    return gone


def derived(tenant_id: UUID, purpose: str) -> bytes:
    """A 32-byte key of the tenant for one purpose (an index), apart from the wrapping key."""
    return HKDF(hashes.SHA256(), 32, salt=tenant_id.bytes, info=purpose.encode()).derive(tenant_key(tenant_id))
