"""The embedded services with real servers in a temporary folder: one start serves most of these tests."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from core.localservices import ServiceError, complete_urls, server, service
from core.localservices.leader import leading
from core.localservices.roles import create_database, prepare_database, prepare_databases
from core.localservices.state import opened

SOURCES = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("var")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANDOR_ENV", "development")  # as durable as in `make run`; test data may be lost by a kill
        yield folder
        service.release(folder)


@pytest.fixture
def urls(var: Path) -> dict[str, str]:
    """Running services: what an earlier test killed is started again, which every test thereby checks."""
    return service.ensure(var)


@pytest.fixture
def elsewhere(var: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Run Python in another process, its first line waited for; killed at the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> subprocess.Popen[str]:
        head = "import os, sys, time\nfrom pathlib import Path\nfrom core.localservices import leader, service\n"
        process = subprocess.Popen(
            [sys.executable, "-c", head + f"var = Path({str(var)!r})\n" + textwrap.dedent(code)],
            env=os.environ | {"PYTHONPATH": str(SOURCES)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        started.append(process)
        assert process.stdout.readline().strip() == "here"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def select(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def named(url: str, database: str) -> str:
    """The same address with another database."""
    return url[: url.rindex("/") + 1] + database


def pids(var: Path) -> dict[str, int]:
    return {one.name: process.pid for one in servers(var) if (process := one.process())}


def servers(var: Path) -> tuple[server.Server, ...]:
    return service._servers(service.home(var))


class TestServing:
    def test_both_servers_answer_on_loopback_under_their_passwords(self, urls: dict[str, str]) -> None:
        client = redis.Redis.from_url(urls["REDIS_URL"])

        assert select(urls["DATABASE_URL"], "SELECT current_user || '@' || current_database()") == "candor_app@candor"
        assert (
            select(urls["KEYS_DATABASE_OWNER_URL"], "SELECT current_user || '@' || current_database()")
            == "candor_owner@candor_keys"
        )
        assert client.config_get("appendonly", "appendfsync", "maxmemory-policy") == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }

    def test_a_wrong_password_is_refused_by_both(self, urls: dict[str, str]) -> None:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(urls["DATABASE_URL"].replace("candor_app:", "candor_app:0"))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(urls["REDIS_URL"].replace("redis://:", "redis://:0")).ping()

    def test_passwords_are_in_private_files_and_on_no_command_line(self, var: Path, urls: dict[str, str]) -> None:
        secrets = json.loads((var / "services" / "passwords.json").read_text())
        words = " ".join(" ".join(psutil.Process(pid).cmdline()) for pid in pids(var).values())

        assert not [secret for secret in secrets.values() if secret in words]
        for path in ("", "passwords.json", "state.json", "valkey/valkey.conf", "postgres"):
            assert (var / "services" / path).stat().st_mode & 0o077 == 0, path

    def test_texts_sort_by_code_point_and_lower_case_knows_unicode(self, urls: dict[str, str]) -> None:
        assert select(urls["DATABASE_URL"], "SELECT lower('ÄÖ') || (('a' < 'B')::text)") == "äöfalse"


class TestRoles:
    def test_the_serving_role_writes_rows_and_may_do_nothing_else(self, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("CREATE SCHEMA IF NOT EXISTS tenant_x")
            owner.execute("DROP TABLE IF EXISTS tenant_x.note")
            owner.execute("CREATE TABLE tenant_x.note (id bigint GENERATED ALWAYS AS IDENTITY, text text)")
            owner.execute("CREATE OR REPLACE FUNCTION tenant_x.one() RETURNS int LANGUAGE sql AS 'SELECT 1'")

        with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as app:
            app.execute("INSERT INTO tenant_x.note (text) VALUES ('a'), ('b')")
            app.execute("UPDATE tenant_x.note SET text = 'c' WHERE text = 'b'")
            app.execute("DELETE FROM tenant_x.note WHERE text = 'a'")
            assert app.execute("SELECT text, tenant_x.one() FROM tenant_x.note").fetchall() == [("c", 1)]
            for refused in (
                "TRUNCATE tenant_x.note",
                "DROP TABLE tenant_x.note",
                "ALTER TABLE tenant_x.note ADD more text",
                "CREATE TRIGGER t BEFORE INSERT ON tenant_x.note EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                "CREATE TABLE tenant_x.reference (id bigint REFERENCES tenant_x.note (id))",
                "CREATE TABLE public.mine (id int)",
                "CREATE TEMPORARY TABLE mine (id int)",
                "CREATE SCHEMA mine",
                "CREATE DATABASE mine",
                "CREATE ROLE mine",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(refused)
            assert app.execute("SELECT text FROM tenant_x.note").fetchall() == [("c",)]

    def test_applying_the_grants_again_gives_no_right_back(self, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("CREATE TABLE IF NOT EXISTS trail (id int)")
            owner.execute("REVOKE UPDATE, DELETE ON trail FROM candor_app")

        prepare_database(urls["DATABASE_OWNER_URL"], "candor_app")

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            select(urls["DATABASE_URL"], "DELETE FROM trail RETURNING 1")

    def test_a_database_made_from_a_template_gives_the_same_rights(self, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["KEYS_DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("DROP DATABASE IF EXISTS copy")
            owner.execute("CREATE DATABASE copy TEMPLATE candor")
        copy = named(urls["DATABASE_OWNER_URL"], "copy")
        with psycopg.connect(copy, autocommit=True) as owner:
            owner.execute("CREATE TABLE fresh AS SELECT 7 AS number")

        assert select(named(urls["DATABASE_URL"], "copy"), "SELECT number FROM fresh") == 7

    def test_a_persons_own_server_gets_the_keys_database_when_it_is_missing(self, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("DROP DATABASE IF EXISTS own_keys")
            create_database(owner, "own")
        given = {
            "DATABASE_URL": named(urls["DATABASE_URL"], "own"),
            "DATABASE_OWNER_URL": named(urls["DATABASE_OWNER_URL"], "own"),
            "REDIS_URL": "redis://x",
        }

        completed = complete_urls(given)
        prepare_databases(completed)
        prepare_databases(completed)

        assert select(completed["KEYS_DATABASE_URL"], "SELECT current_database()") == "own_keys"


class TestSharing:
    def test_the_last_user_stops_what_the_first_started(
        self, var: Path, urls: dict[str, str], elsewhere: Callable[[str], subprocess.Popen[str]]
    ) -> None:
        before = pids(var)
        other = elsewhere("""
            assert service.ensure(var)["REDIS_URL"]
            print("here", flush=True)
            time.sleep(60)
        """)

        service.release(var)
        while_other_lives = pids(var)
        other.kill()
        other.wait()
        again = service.ensure(var)
        after_adoption = pids(var)
        service.release(var)

        assert while_other_lives == after_adoption == before
        assert again == urls
        assert pids(var) == {}

    def test_a_user_that_exits_normally_stops_both_servers(
        self, var: Path, elsewhere: Callable[[str], subprocess.Popen[str]]
    ) -> None:
        service.release(var)
        other = elsewhere("service.ensure(var)\nprint('here', flush=True)")

        assert other.wait(timeout=20) == 0
        assert pids(var) == {}

    def test_data_survives_and_ports_are_kept(self, var: Path, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS number")
        redis.Redis.from_url(urls["REDIS_URL"]).set("kept", "yes")

        service.release(var)
        again = service.ensure(var)

        assert again == urls
        assert select(again["DATABASE_URL"], "SELECT number FROM kept") == 42
        assert redis.Redis.from_url(again["REDIS_URL"]).get("kept") == b"yes"

    def test_a_port_that_was_taken_meanwhile_is_left_to_its_new_owner(self, var: Path, urls: dict[str, str]) -> None:
        service.release(var)
        with opened(service.home(var)) as notes:
            kept = dict(notes.ports)
        with socket.create_server(("127.0.0.1", kept["postgres"])):
            again = service.ensure(var)

            assert f":{kept['postgres']}/" not in again["DATABASE_URL"]
            assert select(again["DATABASE_URL"], "SELECT 1") == 1


class TestCrashes:
    def test_killed_servers_come_back_with_their_data(self, var: Path, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
            owner.execute("CREATE TABLE IF NOT EXISTS crashed AS SELECT 5 AS number")
        for pid in pids(var).values():
            os.kill(pid, signal.SIGKILL)

        again = service.ensure(var)

        assert select(again["DATABASE_URL"], "SELECT number FROM crashed") == 5
        assert redis.Redis.from_url(again["REDIS_URL"]).ping()

    def test_a_pid_that_now_belongs_to_another_program_is_not_taken_for_the_server(
        self, var: Path, urls: dict[str, str]
    ) -> None:
        pid_file = var / "services" / "postgres" / "postmaster.pid"
        noted = pid_file.read_text()
        service.release(var)
        pid_file.write_text(noted.replace(noted.splitlines()[0], str(os.getpid()), 1))
        (var / "services" / "valkey" / "valkey.pid").write_text(str(os.getpid()))

        again = service.ensure(var)

        assert select(again["DATABASE_URL"], "SELECT 1") == 1
        assert os.getpid() not in pids(var).values()

    def test_running_servers_are_found_again_without_the_state_file(self, var: Path, urls: dict[str, str]) -> None:
        before = pids(var)
        (var / "services" / "state.json").write_text('{"ports": {')

        assert service.ensure(var) == urls
        assert pids(var) == before


class TestLeading:
    def test_a_folder_has_one_leader(self, var: Path) -> None:
        with (
            leading(var, "`make run`"),
            pytest.raises(ServiceError, match=r"`make run` uses .* already"),
            leading(var, "another"),
        ):
            pass

    def test_what_a_killed_leader_left_running_is_ended_by_the_next(
        self, var: Path, elsewhere: Callable[[str], subprocess.Popen[str]]
    ) -> None:
        left = subprocess.Popen(["sleep", "60"], start_new_session=True)
        killed = elsewhere(f"""
            from core.localservices.processes import known
            with leader.leading(var, "`make run`") as remember:
                remember(known([{left.pid}]))
                print("here", flush=True)
                time.sleep(60)
        """)
        killed.kill()
        killed.wait()

        with leading(var, "`make run`"):
            assert left.wait(timeout=5) == -signal.SIGTERM
