"""The places a key can be read from: one function a kind, each returns the key or says why there is none."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from core import pool
from llm import environment

LIMIT_SECONDS = 3.0
MOST_BYTES = 8192
NETWORK = frozenset({"aws", "vault"})


class Unreadable(Exception):
    """A place holds no key, or could not be asked. The message says why, never with what was found there."""


def read(kind: str, name: str) -> str:
    """:raises Unreadable: if there is no key."""
    try:
        reader = _readers[kind]
    except KeyError:
        raise Unreadable("is of an unknown kind") from None
    if kind in NETWORK:
        pool.give_back()
    key = reader(name).strip()
    if not key and kind != "none":
        raise Unreadable("is empty")
    return key


def _from_environment(name: str) -> str:
    found = environment.values().get(name, "")
    if not found:
        raise Unreadable("is not set")
    return found


def _from_file(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES).decode()
    except (OSError, ValueError) as error:
        raise Unreadable(f"can't be read ({type(error).__name__})") from None


def _none(name: str) -> str:
    return ""


def _own(name: str) -> str:
    raise Unreadable("is for keys of tenants' own alone")


def _from_aws(name: str) -> str:
    secret, _hash, field = name.partition("#")
    boto3 = _package("boto3")
    values = environment.values()
    region = values.get("AWS_REGION") or values.get("AWS_DEFAULT_REGION")
    try:
        client = _aws_client(boto3, values.get("AWS_ENDPOINT_URL"), region)
        found = str(client.get_secret_value(SecretId=secret)["SecretString"])
    except Exception as error:  # the SDK's own errors are made at run time and share no base with the network's
        raise Unreadable(f"can't be asked ({type(error).__name__})") from None
    return _field(found, field) if field else found


@cache
def _aws_client(boto3: Any, endpoint: str | None, region: str | None) -> Any:
    """A client is safe in threads and takes a tenth of a second to make."""
    config = _package("botocore.config").Config(
        connect_timeout=LIMIT_SECONDS, read_timeout=LIMIT_SECONDS, retries={"total_max_attempts": 1}
    )
    session = boto3.session.Session()
    return session.client("secretsmanager", endpoint_url=endpoint, region_name=region, config=config)


def _field(found: str, field: str) -> str:
    try:
        return str(json.loads(found)[field])
    except (ValueError, KeyError, TypeError):
        raise Unreadable("has no such field") from None


def _from_vault(name: str) -> str:
    place, _hash, field = name.partition("#")
    mount, _slash, path = place.partition("/")
    hvac = _package("hvac")
    address = environment.values().get("VAULT_ADDR", "")
    if not address:
        raise Unreadable("needs VAULT_ADDR")
    try:
        client = hvac.Client(
            url=address,
            token=_vault_token(),
            timeout=LIMIT_SECONDS,
            namespace=environment.values().get("VAULT_NAMESPACE"),
        )
        answer = client.secrets.kv.v2.read_secret_version(path=path, mount_point=mount, raise_on_deleted_version=True)
        found = answer["data"]["data"]
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"can't be asked ({type(error).__name__})") from None
    if field not in found:
        raise Unreadable("has no such field")
    return str(found[field])


def _vault_token() -> str:
    """The token, read anew each time: an agent may rotate its file."""
    values = environment.values()
    if values.get("VAULT_TOKEN_FILE"):
        return _from_file(values["VAULT_TOKEN_FILE"]).strip()
    if not values.get("VAULT_TOKEN"):
        raise Unreadable("needs VAULT_TOKEN or VAULT_TOKEN_FILE")
    return values["VAULT_TOKEN"]


def _package(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise Unreadable(f"needs the package {name.partition('.')[0]}, which is not installed") from None


_readers: dict[str, Callable[[str], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "aws": _from_aws,
    "vault": _from_vault,
    "none": _none,
    "own": _own,
}
KINDS = frozenset(_readers)
