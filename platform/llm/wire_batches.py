"""Batches on the wire: a file of requests goes up, a file of answers comes down, through the client of llm.wire.

Every function ends with its deadline (time.monotonic() seconds) and raises WireError: kinds as in llm.wire, and
wrong_shape for an answer that is not what it should be.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from llm import wire
from llm.failures import WireError
from llm.targets import Target

ENDPOINT = "/v1/chat/completions"
WINDOW = "24h"
OURS = "candor_batch"  # in the metadata of a remote batch: the id of our row
PAGE, MOST_PAGES = 100, 10
REMOTE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}")  # it becomes a part of an address

COMPLETED = "completed"
GIVEN_UP = frozenset({"failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class Remote:
    """A batch as its provider tells of it; files are "" where there are none (yet)."""

    id: str
    status: str
    input_file: str
    output_file: str
    error_file: str

    @property
    def is_over(self) -> bool:
        return self.status == COMPLETED or self.status in GIVEN_UP

    @property
    def files(self) -> list[str]:
        return [name for name in (self.input_file, self.output_file, self.error_file) if name]


def upload(target: Target, lines: bytes, *, deadline: float) -> str:
    """Store a file of requests, one JSON object a line; its id."""
    options = {"headers": {"Content-Type": "multipart/form-data"}}
    files = [("file", ("batch.jsonl", lines, "application/jsonl"))]
    return _id(_object(_post(target, "/files", {"purpose": "batch"}, deadline, files=files, options=options)))


def create(target: Target, *, file_id: str, ours: str, deadline: float) -> Remote:
    """Start a batch of the file's requests. `ours` goes with it, so that it is found when this answer is lost."""
    body = {
        "input_file_id": file_id,
        "endpoint": ENDPOINT,
        "completion_window": WINDOW,
        "metadata": {OURS: ours},
    }
    return _remote(_object(_post(target, "/batches", body, deadline)))


def find(target: Target, *, ours: str, deadline: float) -> Remote | None:
    """The batch that was started with `ours`, among the newest thousand."""
    after = ""
    for _ in range(MOST_PAGES):
        found = _object(_get(target, f"/batches?limit={PAGE}{after}", deadline))
        listed = found.get("data")
        if not isinstance(listed, list):
            raise WireError("wrong_shape")
        for row in listed:
            told = row.get("metadata") if isinstance(row, dict) else None
            if isinstance(told, dict) and told.get(OURS) == ours:
                return _remote(row)
        if not found.get("has_more") or not listed:
            return None
        after = f"&after={_id(listed[-1])}"
    return None


def retrieve(target: Target, remote_id: str, *, deadline: float) -> Remote:
    """How far the batch is."""
    return _remote(_object(_get(target, f"/batches/{remote_id}", deadline)))


def cancel(target: Target, remote_id: str, *, deadline: float) -> Remote:
    """Ask for its end; what was answered until then is still billed, and readable when it is over."""
    return _remote(_object(_post(target, f"/batches/{remote_id}/cancel", {}, deadline)))


def content(target: Target, file_id: str, *, deadline: float) -> bytes:
    """The lines of a file, at most llm.wire.MOST_BYTES."""
    return _get(target, f"/files/{file_id}/content", deadline)


def delete(target: Target, file_id: str, *, deadline: float) -> None:
    """Remove a file from the provider."""
    with wire._until(deadline):
        _client(target).delete(f"/files/{file_id}", cast_to=httpx2.Response, options=wire._options(deadline))


def _post(target: Target, path: str, body: Mapping[str, Any], deadline: float, **more: Any) -> bytes:
    options = wire._options(deadline) | more.pop("options", {})
    with wire._until(deadline):
        response = _client(target).post(path, body=dict(body), cast_to=httpx2.Response, options=options, **more)
        return bytes(response.content)


def _get(target: Target, path: str, deadline: float) -> bytes:
    with wire._until(deadline):
        response = _client(target).get(path, cast_to=httpx2.Response, options=wire._options(deadline))
        return bytes(response.content)


def _client(target: Target) -> Any:
    return wire._client(target)


def _object(answered: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answered)
    except (ValueError, RecursionError):
        raise WireError("wrong_shape") from None
    if not isinstance(found, dict):
        raise WireError("wrong_shape")
    return found


def _id(found: Any) -> str:
    value = found.get("id") if isinstance(found, dict) else None
    if not isinstance(value, str) or not REMOTE_ID.fullmatch(value):
        raise WireError("wrong_shape")
    return value


def _remote(found: dict[str, Any]) -> Remote:
    def file(name: str) -> str:
        return _id({"id": found[name]}) if found.get(name) else ""

    status = found.get("status")
    files = {"input_file": file("input_file_id"), "output_file": file("output_file_id")}
    return Remote(_id(found), status if isinstance(status, str) else "", **files, error_file=file("error_file_id"))
