"""One running Candor for many faults: candidates in their rooms, bad lines where they are wanted, and what rows say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen
from uuid import UUID

import psycopg
from celery import current_app

from interviews.tasks import reply_to_turn
from tests.faults import candidates
from tests.faults.candidates import TENANT, Candidate
from tests.faults.proxy import Proxy
from tests.model_process import Model
from tests.stack import Stack, wait_until

Connection = psycopg.Connection[tuple[Any, ...]]
WITHIN = 15.0  # seconds from recovery to the reply, the model's own time apart
DATABASE_URLS = ("DATABASE_URL", "KEYS_DATABASE_URL")
SPARE = 10  # candidates invited at a time
OPEN = f"""
    SELECT turn.interview_id FROM {TENANT}.interviews_turn turn
      JOIN {TENANT}.interviews_question asked ON asked.id = turn.question_id
     WHERE turn.status = 'open' AND EXISTS (SELECT FROM {TENANT}.interviews_question later
           WHERE later.version_id = asked.version_id AND later.position > asked.position)"""
OUTCOME = f"""
    SELECT turn.status,
           (SELECT count(*) FROM {TENANT}.interviews_turn later
             WHERE later.interview_id = turn.interview_id AND later.number = turn.number + 1),
           (SELECT count(*) FROM {TENANT}.audit_event event
             WHERE event.action = 'turn.answered' AND event.object_id::text = turn.id::text),
           (SELECT count(*) FROM {TENANT}.audit_event event
             WHERE event.action = 'turn.replied' AND event.object_id::text = turn.id::text),
           (SELECT count(*) FROM due WHERE due.object_id = turn.id)
      FROM {TENANT}.interviews_turn turn WHERE turn.id = ANY(%s)"""
STUCK = f"""
    SELECT turn.id, turn.status, turn.attempts, now(), row_to_json(due) FROM {TENANT}.interviews_turn turn
      LEFT JOIN due ON due.object_id = turn.id
     WHERE turn.id = ANY(%s) AND turn.status <> %s"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'candor_app'"
ACTIVITY = "SELECT state, wait_event, left(query, 60), now() - query_start FROM pg_stat_activity WHERE usename = %s"
END_WAITING = WAITING.replace("count(*)", "pg_terminate_backend(pid)")


class Scene:
    """A stack whose web and worker reach Valkey and PostgreSQL over `lines`, e.g. lines["worker", "valkey"].

    lines["client", "web"] is a bad line to the web process for whoever wants one.
    """

    def __init__(self, stack: Stack, model: Model, lines: dict[tuple[str, str], Proxy]) -> None:
        self.stack, self.model, self.lines = stack, model, lines
        self._everybody: dict[UUID, Candidate] = {}

    # --- candidates ---------------------------------------------------------------------------

    def ready(self, count: int) -> list[Candidate]:
        """Candidates with an open question that is not the last one."""
        while len(found := self._with_open_question()) < count:
            self.welcome(candidates.invite(self.stack, max(SPARE, count)))
        return found[:count]

    def welcome(self, links: Sequence[str]) -> None:
        """The candidates of these links enter their rooms."""
        self._everybody |= {one.interview: one for one in candidates.enter(self.stack, links)}

    def invited(self, count: int) -> dict[UUID, Candidate]:
        """New candidates in their rooms, who are nobody else's."""
        made = candidates.enter(self.stack, candidates.invite(self.stack, count))
        return {one.interview: one for one in made}

    def _with_open_question(self) -> list[Candidate]:
        rows = self.stack.rows(OPEN)
        return [self._everybody[interview] for (interview,) in rows if interview in self._everybody]

    def answer(self, count: int) -> list[UUID]:
        """So many candidates answer; their turns, all acknowledged."""
        return candidates.answer_all(self.ready(count))

    # --- what the rows say --------------------------------------------------------------------

    def now(self) -> datetime:
        found: datetime = self.stack.value("SELECT clock_timestamp()")
        return found

    def count(self, turns: Sequence[UUID], status: str) -> int:
        statement = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE id = ANY(%s) AND status = %s"
        return int(self.stack.value(statement, list(turns), status))

    def wait_for(self, turns: Sequence[UUID], status: str, *, seconds: float = 90.0) -> float:
        """Wait until all of these turns have this status; returns the seconds that took."""
        missing = f"not all {len(turns)} turns are {status}"
        try:
            return wait_until(lambda: self.count(turns, status) == len(turns), missing, seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.stack.rows(STUCK, list(turns), status)}") from error

    def outcomes(self, turns: Sequence[UUID]) -> set[tuple[Any, ...]]:
        """(status, next questions, answers stored, replies recorded, rows still due) of these turns."""
        return set(self.stack.rows(OUTCOME, list(turns)))

    def waits(self, turns: Sequence[UUID], since: datetime) -> list[float]:
        """Seconds from `since` to each reply, without the model's own time; 0 where it was there before."""
        statement = f"""SELECT greatest(extract(epoch FROM replied_at - %s) - model_ms / 1000.0, 0)
                          FROM {TENANT}.interviews_turn WHERE id = ANY(%s) ORDER BY replied_at"""
        return [round(float(wait), 2) for (wait,) in self.stack.rows(statement, since, list(turns))]

    def assert_replied_once(self, turns: Sequence[UUID], *, since: datetime, within: float = WITHIN) -> list[float]:
        """Each of these turns gets one reply and one next question, in time after the recovery; returns the waits."""
        self.wait_for(turns, "replied")
        waits = self.waits(turns, since)
        assert self.outcomes(turns) == {("replied", 1, 1, 1, 0)}
        assert max(waits) <= within, waits
        return waits

    # --- holding things up --------------------------------------------------------------------

    @contextmanager
    def held(self, statement: str, *values: object) -> Iterator[Connection]:
        """The locks that this statement takes, for the block; yields a connection to look at who waits for them."""
        # Two connections: inside a transaction PostgreSQL shows the activity as it was at the first look.
        with self.stack.superuser() as holding, self.stack.superuser() as watching:
            holding.execute("BEGIN")
            holding.execute(statement.encode(), values)
            yield watching
            holding.execute("ROLLBACK")

    def wait_for_blocked(self, connection: Connection, count: int) -> None:
        """Wait until so many statements of the application wait for a lock."""
        try:
            wait_until(lambda: _blocked(connection) >= count, f"fewer than {count} statements wait for the lock")
        except AssertionError as error:
            seen = connection.execute(ACTIVITY, ["candor_app"]).fetchall()
            raise AssertionError(f"{error}: {seen}") from error

    def kill_blocked_worker(self, connection: Connection) -> None:
        """SIGKILL; its statements that wait in PostgreSQL end with it, and do not happen later."""
        self.stack.kill("worker")
        connection.execute(END_WAITING)
        wait_until(lambda: _blocked(connection) == 0, "a statement of the killed worker still waits", pause=0.01)

    def counted(self, name: str) -> float:
        """A counter of Candor's, summed over its processes and labels."""
        with urlopen(f"http://127.0.0.1:{self.stack.env['INTERNAL_PORT']}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))

    def deliver(self, turn: UUID, times: int) -> None:
        """Send the message about a turn so many times at once, as the application sends it."""
        message = {"turn_id": str(turn), "tenant": TENANT}
        with current_app.connection_for_write(self.stack.env["REDIS_URL"]) as connection:
            for _time in range(times):
                reply_to_turn.apply_async(kwargs=message, connection=connection, retry=False)

    def heal(self) -> None:
        """Good lines, and every process of the Procfile running."""
        for line in self.lines.values():
            line.heal()
        self.stack.start_servers()
        for name in self.stack.ended():
            self.stack.restart_web() if name == "web" else self.stack.restart_worker(name)


def _blocked(connection: Connection) -> int:
    row = connection.execute(WAITING).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def lines_of(stack: Stack, *names: str) -> Iterator[dict[tuple[str, str], Proxy]]:
    """Bad lines between these processes and the servers, told to the processes; and one to the web process."""
    made: dict[tuple[str, str], Proxy] = {}
    valkey, postgres = _port(stack.env["REDIS_URL"]), _port(stack.env["DATABASE_URL"])
    with ExitStack() as opened:
        made["client", "web"] = opened.enter_context(Proxy(int(stack.env["PORT"])))
        for name in names:
            made[name, "valkey"] = opened.enter_context(Proxy(valkey))
            made[name, "postgres"] = opened.enter_context(Proxy(postgres))
            changed = {url: _at(stack.env[url], made[name, "postgres"].port) for url in DATABASE_URLS}
            stack.give(name, REDIS_URL=_at(stack.env["REDIS_URL"], made[name, "valkey"].port), **changed)
        yield made


def _port(url: str) -> int:
    return int(urlsplit(url).port or 0)


def _at(url: str, port: int) -> str:
    """The same address at another port."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()


def metrics_folder(stack: Stack) -> str:
    """Where all processes count, so that the web's internal port tells about the worker too."""
    folder = Path(stack.env["TMPDIR"]) / "metrics"
    folder.mkdir(exist_ok=True)
    return str(folder)
