"""What people type stays in sealed fields: it is in no dump, no log, no report, no other file."""

from __future__ import annotations

import base64
import json
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from core.localservices import binaries, service
from tests.canaries.search import Canaries, Hit, files_below
from tests.canaries.servers import Collector, Parrot, served
from tests.canaries.story import PLACES, Story, Typist
from tests.stack import Stack, stack, wait_until

pytestmark = pytest.mark.prove

CONTROL = "plain"  # stands unsealed in each place, so that a search that would find nothing is noticed
DUMPS = {"dump of candor", "dump of candor_keys"}
SEARCHED = DUMPS | {"sessions", "Valkey", "output", "Sentry", "files", "raw PostgreSQL"}
OWED = "SELECT count(*) FROM due WHERE kind IN ('turn', 'evaluation', 'mail')"


@dataclass(slots=True)
class Search:
    """What was searched and how many bytes of it, with the finds of what was typed and of the control."""

    typed: Canaries
    control: Canaries
    kilobytes: dict[str, int] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    controls: set[str] = field(default_factory=set)
    reported: list[str] = field(default_factory=list)
    mailed: list[Hit] = field(default_factory=list)

    def bytes(self, place: str, *parts: bytes) -> None:
        self.kilobytes[place] = round(sum(map(len, parts)) / 1e3)
        for part in parts:
            self.hits += self.typed.find(part, place)
            self.controls |= {hit.place for hit in self.control.find(part, place)}

    def files(self, place: str, paths: list[Path]) -> None:
        self.kilobytes[place] = round(sum(path.stat().st_size for path in paths) / 1e3)
        self.hits += self.typed.find_in_files(paths)
        self.controls |= {place for _ in self.control.find_in_files(paths)}


@pytest.fixture(scope="module")
def search() -> Iterator[Search]:
    found = Search(Canaries.hatch(), Canaries.hatch())
    with (
        served(Collector) as (sentry, reports),
        served(Parrot) as (model, asked),
        stack(
            "canaries",
            "seed_demo",
            SENTRY_DSN=f"http://key@127.0.0.1:{sentry}/1",
            SENTRY_RELEASE=found.control.named(CONTROL),
            OPENAI_BASE_URL=f"http://127.0.0.1:{model}/v1",
        ) as running,
    ):
        Story(running, found.typed).tell()
        assert found.typed.named("answer") in b"".join(asked).decode()
        plant(running, found.control.named(CONTROL))
        look(running, reports, found)
        yield found


def plant(running: Stack, control: str) -> None:
    """Write the control where anybody could read it."""
    running.database.execute(b"UPDATE acme.interviews_job SET location = %s", [control])
    packed = base64.urlsafe_b64encode(zlib.compress(control.encode())).decode()
    running.database.execute(
        b"INSERT INTO acme.staff_session (session_key, session_data, expire_date, method, device, started_at, seen_at)"
        b" VALUES ('control', %s, now(), '', '', now(), now())",
        [f".{packed}:made:up"],
    )
    with psycopg.connect(running.env["KEYS_DATABASE_OWNER_URL"], autocommit=True) as keys:
        keys.execute(f"CREATE TABLE {control} ()".encode())
    running.redis.set("control", control)
    Typist(running).send("GET", "/", X_Request_ID=control)
    (running.var / "run" / "control").write_text(control)


def look(running: Stack, reports: list[bytes], found: Search) -> None:
    """Stop everything in good order and search what is left."""
    with urlopen(f"http://127.0.0.1:{running.env['INTERNAL_PORT']}/metrics", timeout=5) as metrics:
        (running.var / "run" / "metrics").write_bytes(metrics.read())
    wait_until(lambda: running.value(OWED) == 0, "work is owed")
    codes = running.stop()
    assert {name: code for name, code in codes.items() if code not in (0, -15)} == {}
    found.bytes("sessions", *sessions(running))
    for name in ("DATABASE_OWNER_URL", "KEYS_DATABASE_OWNER_URL"):
        found.bytes(f"dump of {running.env[name].rpartition('/')[2]}", dump(running.env[name]))
    save_valkey(running)
    service.release(running.var)
    postgres, valkey = running.data / "postgres", running.data / "valkey"
    found.bytes("Sentry", *reports)
    found.reported = sorted(error for report in reports for error in errors(report))
    found.mailed = found.typed.find_in_files(files_below(running.var / "mailbox", without=[]))
    found.files("Valkey", files_below(valkey, without=[]))
    found.files("output", files_below(running.var / "output", without=[]))
    left_out = [running.var / "mailbox", running.var / "output", postgres, valkey]
    folders = (running.var, running.data)
    found.files("files", sorted({file for folder in folders for file in files_below(folder, without=left_out)}))
    found.files("raw PostgreSQL", files_below(postgres, without=[]))


def errors(report: bytes) -> list[str]:
    """Where which error happened, of the events in one envelope: transaction and the type of the last exception."""
    parts = [json.loads(line) for line in report.splitlines() if line.startswith(b"{")]
    events = [part for part in parts if "exception" in part]
    return [f"{event.get('transaction')} {event['exception']['values'][-1]['type']}" for event in events]


def dump(url: str) -> bytes:
    """The database as plain SQL: every schema, all data."""
    command = [str(binaries.postgres().program("pg_dump")), f"--dbname={url}"]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def sessions(running: Stack) -> list[bytes]:
    """What is inside the sessions, which are stored compressed."""
    everywhere = "SELECT session_data FROM acme.staff_session UNION ALL SELECT session_data FROM staff_session"
    rows = running.rows(everywhere)
    return [unpacked(data) for (data,) in rows]


def unpacked(session: str) -> bytes:
    packed = session.startswith(".")
    raw = base64.urlsafe_b64decode(session.lstrip(".").partition(":")[0] + "==")
    return zlib.decompress(raw) if packed else raw


def save_valkey(running: Stack) -> None:
    """Let Valkey write a snapshot beside its log of all writes, nothing compressed."""
    running.redis.config_set("rdbcompression", "no")
    saved = running.redis.lastsave()
    running.redis.bgsave()
    wait_until(lambda: running.redis.lastsave() != saved, "Valkey saved no snapshot")


def test_nothing_that_was_typed_is_found_anywhere(search: Search, show: Callable[[str], None]) -> None:
    show(json.dumps({"canaries": len(PLACES), "hits": len(search.hits), "searched_kb": search.kilobytes}))

    assert len(PLACES) == 20
    assert search.hits == []
    assert set(search.kilobytes) == SEARCHED


def test_the_mail_to_the_candidate_holds_what_was_typed(search: Search) -> None:
    assert search.mailed != []


def test_the_errors_on_the_way_were_reported_with_their_type(search: Search) -> None:
    assert search.reported == [
        "/interview/{interview_id}/adjustment/ IntegrityError",
        "/sign-in/ DataError",
        "interviews.reply_to_turn IntegrityError",
    ]


def test_what_is_not_sealed_is_found_in_every_place(search: Search) -> None:
    assert search.controls == SEARCHED
