"""What the embedded services remember in `<var>/services/state.json`, read and written under a file lock."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.localservices.errors import ServiceError, explain
from core.localservices.processes import Known, end_all

LOCK_PATIENCE = 120.0  # seconds; the first start of a slow machine makes a database under the lock


@dataclass
class State:
    """Ports of the servers, who uses them, who leads this folder and which processes the leader started."""

    ports: dict[str, int] = field(default_factory=dict)
    users: list[Known] = field(default_factory=list)
    leader: Known | None = None
    leads: str = ""
    children: list[Known] = field(default_factory=list)

    def prune(self) -> None:
        """Forget the dead: users that ended, and a leader that was killed along with what it left running."""
        self.users = [user for user in self.users if user.alive()]
        if self.leader is not None and not self.leader.alive():
            end_all(self.children)
            self.leader, self.leads, self.children = None, "", []

    def add_user(self, user: Known) -> None:
        if user not in self.users:
            self.users.append(user)


@contextmanager
def opened(home: Path) -> Iterator[State]:
    """The state of `home`, ours alone until the block ends, then written back (also when the block fails)."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = open(home / "lock", "a", encoding="ascii")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise explain(error, home) from error
    with lock:
        _wait_for(lock.fileno(), home)
        state = _read(home / "state.json")
        try:
            yield state
        finally:
            _write(home / "state.json", state)


def _wait_for(descriptor: int, home: Path) -> None:
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ServiceError(f"Another process holds {home / 'lock'}: wait for it to end, or end it.") from None
            time.sleep(0.05)


def _read(path: Path) -> State:
    """The stored state, or an empty one when there is none or a crash spoilt it: the servers know themselves."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return State(
            ports=data["ports"],
            users=[Known(**user) for user in data["users"]],
            leader=Known(**data["leader"]) if data["leader"] else None,
            leads=data["leads"],
            children=[Known(**child) for child in data["children"]],
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return State()
    except OSError as error:
        raise explain(error, path) from error


def _write(path: Path, state: State) -> None:
    data = {
        "ports": state.ports,
        "users": [_plain(user) for user in state.users],
        "leader": _plain(state.leader) if state.leader else None,
        "leads": state.leads,
        "children": [_plain(child) for child in state.children],
    }
    write_private(path, json.dumps(data, indent=1))


def _plain(known: Known) -> dict[str, float]:
    return {"pid": known.pid, "started": known.started}


def write_private(path: Path, text: str) -> None:
    """Replace `path` as a whole by `text`, readable by the owner of its folder only (0600).

    :raises ServiceError: if the disk is full or the folder is not ours.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            _give_to_owner(file.fileno(), path.parent)
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise explain(error, path.parent) from error


def _give_to_owner(descriptor: int, folder: Path) -> None:
    """What root writes into another user's folder is that user's, who may come back without root."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
