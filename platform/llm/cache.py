"""Answers kept for the same question: sealed, of one tenant, and gone at once with the person they are about.

A key is `candor:<schema>:llm-cache:<feature>:<hmac>`; of prompts that are made of the platform's templates alone it is
`candor:llm:cache:<feature>:<hmac>`. Neither tells what was asked. Redis is a hint: without it every look is a miss.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from redis import RedisError

from core import tenancy
from core.redis import client, platform_key
from core.redis import key as tenant_key
from keys import ring
from keys.box import CannotOpen, open_box, seal_box
from llm import metrics

LARGEST = 64 * 1024  # bytes of a sealed answer
PURGED_SECONDS = 600  # a call that was under way when its person was purged keeps nothing either

PUT = """
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('SADD', KEYS[2], KEYS[1])
if redis.call('TTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('EXPIRE', KEYS[2], ARGV[2]) end
return 1
"""
PURGE = """
redis.call('SET', KEYS[2], '1', 'EX', ARGV[1])
local gone = 0
for _, entry in ipairs(redis.call('SMEMBERS', KEYS[1])) do gone = gone + redis.call('UNLINK', entry) end
redis.call('UNLINK', KEYS[1])
return gone
"""
log = structlog.get_logger()


class AnotherTenant(RuntimeError):
    """The key is of another tenant than the one that was entered."""


class TooLarge(Exception):
    """The sealed answer is above LARGEST."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer, and what the call that gave it used; `cost_nano` is in billionths of a dollar.

    `batched` answers came in a batch, for somebody who has yet to ask.
    """

    text: str
    model: str
    finish_reason: str
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_nano: int
    batched: bool = False


def key(
    *,
    schema: str,
    feature: str,
    model_class: str,
    prompt_version: str,
    parameters: Mapping[str, Any],
    messages: Sequence[Mapping[str, Any]],
    output_schema: Mapping[str, Any] | None,
    subject_id: UUID | None = None,
    shared: bool = False,
) -> str:
    """Where the answer to exactly this question is kept. `messages` hold a placeholder where each call has its nonce.

    `shared` puts it where every tenant finds it: only for prompts made of the platform's templates alone.
    With a `subject_id` it is kept for that person alone, also where another was asked the very same.

    :raises AnotherTenant: `schema` is not the tenant that was entered.
    :raises ValueError: a shared answer about a person, or a parameter that JSON does not know.
    """
    asked: dict[str, Any] = {
        "feature": feature,
        "model_class": model_class,
        "prompt_version": prompt_version,
        "parameters": dict(parameters),
        "messages": list(messages),
        "output_schema": output_schema,
    }
    if shared:
        if subject_id is not None:
            raise ValueError("An answer about a person is never shared.")
        return _shared() + feature + ":" + _digest(_platform_secret(settings.SECRET_KEY, "llm-cache"), asked)
    if tenancy.schema() != schema:
        raise AnotherTenant(schema)
    asked |= {"schema": schema, "subject": str(subject_id or "")}
    return tenant_key("llm-cache", feature, _digest(ring.derived(tenancy.tenant_id(), "llm-cache"), asked))


def get(key: str, *, subject_id: UUID | None = None) -> Stored | None:
    """The answer kept there; one that does not open or is damaged is thrown away.

    :raises AnotherTenant: the key is of another tenant.
    """
    try:
        sealed: Any = client().get(key)
    except RedisError:
        _away(key)
        sealed = None
    stored = None if sealed is None else unseal(key, sealed, subject_id)
    count(key, "miss" if stored is None else "hit")
    if sealed is not None and stored is None:
        drop(key)
    return stored


def put(key: str, stored: Stored, *, seconds: int, subject_id: UUID | None = None) -> None:
    """Keep the answer for `seconds`, at least 1; what can't be kept is counted.

    :raises AnotherTenant: the key is of another tenant.
    :raises ValueError: of no time to keep it.
    """
    if seconds < 1:
        raise ValueError(f"An answer can't be kept for {seconds} seconds.")
    try:
        sealed = seal(key, stored, subject_id)
        if subject_id is None:
            client().set(key, sealed, ex=seconds)
        else:
            client().eval(PUT, 3, key, *_of(subject_id), sealed, seconds)
    except (TooLarge, ring.KeyDestroyed):
        count(key, "refused")
    except RedisError:
        _away(key)


def drop(key: str) -> None:
    """Delete the answer kept there: it is of no use."""
    try:
        client().unlink(key)
    except RedisError:
        _away(key)


def purge(subject_id: UUID) -> int:
    """Delete all that is kept about the person in this tenant, and keep nothing new for PURGED_SECONDS.

    Without Redis nothing is deleted: what is there ends by itself, and can't be read once the person's key is gone.

    :returns: how many answers are gone.
    """
    try:
        gone: int = client().eval(PURGE, 2, *_of(subject_id), PURGED_SECONDS)
    except RedisError:
        log.warning("llm_cache_not_purged")
        return 0
    return gone


def seal(key: str, stored: Stored, subject_id: UUID | None) -> bytes:
    """The answer as Redis may hold it, bound to its key.

    :raises TooLarge, AnotherTenant, keys.ring.KeyDestroyed: and nothing may be written.
    """
    plain = json.dumps(asdict(stored), separators=(",", ":")).encode()
    sealed = seal_box(_cipher(key, subject_id), plain, _context(key, subject_id))
    if len(sealed) > LARGEST:
        raise TooLarge(f"{len(sealed)} bytes")
    return sealed


def unseal(key: str, sealed: bytes, subject_id: UUID | None) -> Stored | None:
    """The answer, or None (and counted) if it was sealed with another key, for another place, or is none.

    :raises AnotherTenant: the key is of another tenant.
    """
    try:
        return _parsed(open_box(_cipher(key, subject_id), sealed, _context(key, subject_id)))
    except (CannotOpen, ring.KeyDestroyed, ValueError):
        count(key, "refused")
        return None


def require_own(key: str) -> None:
    """:raises AnotherTenant: the key is neither of the tenant that was entered nor shared."""
    if not key.startswith(_shared()) and not key.startswith(tenant_key("llm-cache", "")):
        raise AnotherTenant(key)


def feature_of(key: str) -> str:
    """The feature whose answer the key is for."""
    return key.split(":")[-2]


def count(key: str, outcome: str) -> None:
    metrics.cache.labels(feature_of(key), outcome).inc()


def _parsed(plain: bytes) -> Stored:
    """:raises ValueError: it is not a whole Stored."""
    found = json.loads(plain)
    kinds = {field.name: field.type for field in fields(Stored)}
    if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != kinds:
        raise ValueError("another shape")
    return Stored(**found)


def _digest(secret: bytes, asked: dict[str, Any]) -> str:
    """:raises ValueError: something in it has no place in JSON."""
    try:
        canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except TypeError as error:
        raise ValueError(str(error)) from None
    return hmac.new(secret, canonical.encode(), hashlib.sha256).hexdigest()


def _cipher(key: str, subject_id: UUID | None) -> AESGCM:
    """Of the person, so that it ends with their key; else of the tenant, or of the platform."""
    if key.startswith(_shared()):
        return AESGCM(_platform_secret(settings.SECRET_KEY, "llm-cache-box"))
    require_own(key)
    tenant_id = tenancy.tenant_id()
    return AESGCM(ring.subject_key(tenant_id, subject_id) if subject_id else ring.derived(tenant_id, "llm-cache-box"))


def _context(key: str, subject_id: UUID | None) -> bytes:
    return f"llm-cache|{key}|{subject_id or ''}".encode()


@lru_cache(maxsize=8)
def _platform_secret(secret_key: str, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(secret_key.encode())


def _shared() -> str:
    """What the keys of shared answers begin with."""
    return platform_key("llm", "cache", "")


def _of(subject_id: UUID) -> tuple[str, str]:
    """The set of the keys about a person, and the mark that they were purged."""
    return tenant_key("llm-cache-of", subject_id), tenant_key("llm-cache-purged", subject_id)


def _away(key: str) -> None:
    log.warning("llm_cache_unavailable")
    count(key, "away")
