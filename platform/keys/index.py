"""Looking up what is encrypted: a keyed hash under the tenant's key, equal only inside one tenant."""

import hashlib
import hmac
import unicodedata

from core import tenancy
from keys import ring


def normalise_email(email: str) -> str:
    """NFKC, trimmed, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def email(address: str) -> str:
    """The index of an e-mail address in the current tenant: 64 hexadecimal digits."""
    key = ring.derived(tenancy.tenant_id(), "email-index")
    return hmac.new(key, normalise_email(address).encode(), hashlib.sha256).hexdigest()


def content(data: bytes, *, of: str) -> str:
    """The index of a content in the current tenant: equal for equal bytes, and only among those of the same kind."""
    key = ring.derived(tenancy.tenant_id(), f"{of}-index")
    return hmac.new(key, data, hashlib.sha256).hexdigest()
