"""The key that goes to a target: read when it is needed, and looked at again when it was refused."""

from dataclasses import replace

from core import pool
from llm import credentials, own_keys
from llm.failures import WireError
from llm.registry import NO_KEY
from llm.targets import Target


def with_key(target: Target) -> Target:
    """:raises WireError: there is no key, which is as good as a refused one."""
    if target.api_key:
        return target
    try:
        return replace(target, api_key=credentials.read(target.key_source) or NO_KEY)
    except credentials.NoKey:
        raise WireError("unauthorised") from None


def newer(target: Target) -> str:
    """The key that is there now in place of the refused `target.api_key`; "" where that is still the one."""
    if not target.api_key:
        return ""
    if not target.own_key_of:
        return credentials.renewed(target.key_source, target.api_key) if target.key_source else ""
    own_keys.forget(target.own_key_of)
    key = own_keys.of(target.own_key_of).get(target.account, "")
    pool.give_back()
    return "" if key == target.api_key else key
