"""Keys are read where a row says, kept for minutes, and read anew when they were rotated."""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from llm import credentials
from llm.credentials import NoKey
from llm.tests.managers import Managers, running

VAULT = "vault:kv/models/openai#key"
AWS = "aws:candor/openai#key"
FIRST, SECOND = "sk-first-CANARY", "sk-second-CANARY"  # pragma: allowlist secret


@pytest.fixture
def managers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Managers]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with running() as server:
        server.secrets = {"kv/models/openai": {"key": FIRST}, "candor/openai": {"key": FIRST}}
        env = {"VAULT_ADDR": server.url, "VAULT_TOKEN": server.token, "AWS_ENDPOINT_URL": server.url}
        with override_settings(LLM_ENV=env | {"AWS_REGION": "eu-central-1"}):
            yield server


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    credentials.forget_all()
    yield
    credentials.forget_all()


class Clock:
    """time.monotonic for credentials, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("llm.credentials.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def refused(source: str) -> str:
    with pytest.raises(NoKey) as error:
        credentials.read(source)
    return str(error.value)


def rotate(managers: Managers) -> None:
    for name in managers.secrets:
        managers.secrets[name] = {"key": SECOND}


def test_a_variable_of_the_environment_is_read_each_time() -> None:
    for value in ("one", "two"):
        with override_settings(LLM_ENV={"ACME_KEY": value}):
            assert credentials.read("env:ACME_KEY") == value
    with override_settings(LLM_ENV={}):
        assert refused("env:ACME_KEY") == "env:ACME_KEY is not set."


def test_a_server_without_a_key_has_an_empty_one() -> None:
    assert credentials.read("none:") == ""


def test_a_file_is_read_without_its_line_end_and_anew_after_minutes(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "key"
    path.write_text(f"{FIRST}\n")

    assert credentials.read(f"file:{path}") == FIRST
    path.write_text(SECOND)
    assert credentials.read(f"file:{path}") == FIRST
    clock.now += 181
    assert credentials.read(f"file:{path}") == SECOND


def test_a_file_that_is_empty_or_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")

    assert refused(f"file:{tmp_path}/empty") == f"file:{tmp_path}/empty is empty."
    assert refused(f"file:{tmp_path}/gone") == f"file:{tmp_path}/gone can't be read (FileNotFoundError)."


@pytest.mark.parametrize("source", [VAULT, AWS])
def test_a_manager_is_asked_once_for_many_threads(source: str, managers: Managers) -> None:
    managers.delay = 0.1
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(credentials.read(source))) for _ in range(20)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert (found, managers.asked) == ([FIRST] * 20, 1)


def test_an_aws_secret_that_is_no_object_is_taken_whole(managers: Managers) -> None:
    assert credentials.read("aws:candor/openai") == json.dumps({"key": FIRST})


@pytest.mark.parametrize("source", [VAULT, AWS])
def test_a_rotated_key_is_read_anew_at_once_after_a_refusal(source: str, managers: Managers) -> None:
    assert credentials.read(source) == FIRST
    rotate(managers)

    assert credentials.read(source) == FIRST
    credentials.forget(source, FIRST)
    assert credentials.read(source) == SECOND
    credentials.forget(source, FIRST)  # a call that was under way with the old one
    assert (credentials.read(source), managers.asked) == (SECOND, 2)


def test_a_key_that_is_refused_and_still_there_is_not_asked_for_at_each_refusal(managers: Managers) -> None:
    for _ in range(10):
        credentials.forget(VAULT, credentials.read(VAULT))

    assert managers.asked == 2


def test_after_a_refusal_every_thread_waits_for_the_new_key(managers: Managers) -> None:
    credentials.read(VAULT)
    rotate(managers)
    managers.delay = 0.1
    credentials.forget(VAULT, FIRST)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(credentials.read(VAULT))) for _ in range(10)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert (found, managers.asked) == ([SECOND] * 10, 2)


@pytest.mark.parametrize("source", [VAULT, AWS])
def test_the_last_key_stays_in_use_for_a_quarter_of_an_hour_while_the_manager_is_away(
    source: str, managers: Managers, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    credentials.read(source)
    managers.away = True

    with caplog.at_level(logging.WARNING):
        clock.now += 181
        assert credentials.read(source) == FIRST
        clock.now += 718
        assert credentials.read(source) == FIRST
        clock.now += 2
        said = refused(source)

    assert said.startswith(f"{source} can't be asked (")
    assert "llm_key_not_refreshed" in caplog.text
    assert "CANARY" not in caplog.text + said


def test_a_manager_that_does_not_answer_is_not_asked_by_every_call(managers: Managers, clock: Clock) -> None:
    managers.away = True

    refused(VAULT)
    refused(VAULT)
    assert managers.asked == 1
    clock.now += 2.1
    managers.away = False
    assert credentials.read(VAULT) == FIRST


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("vault:kv/models/openai#other", "has no such field"),
        ("vault:kv/models/none#key", "can't be asked (InvalidPath)"),
        ("aws:candor/openai#other", "has no such field"),
        ("aws:candor/none#key", "can't be asked (ResourceNotFoundException)"),
        ("ftp:key", "is of an unknown kind"),
    ],
)
def test_what_is_not_there_is_said_without_a_key(source: str, why: str, managers: Managers) -> None:
    assert refused(source) == f"{source} {why}."


def test_vault_s_token_may_stand_in_a_file_that_an_agent_renews(managers: Managers, tmp_path: Path) -> None:
    token = tmp_path / "token"
    env = {"VAULT_ADDR": managers.url, "VAULT_TOKEN_FILE": str(token)}
    with override_settings(LLM_ENV=env):
        token.write_text("old")
        assert refused(VAULT) == f"{VAULT} can't be asked (Forbidden)."
        credentials.forget_all()
        token.write_text(f"{managers.token}\n")
        assert credentials.read(VAULT) == FIRST
    with override_settings(LLM_ENV={"VAULT_ADDR": managers.url}):
        credentials.forget_all()
        assert refused(VAULT) == f"{VAULT} needs VAULT_TOKEN or VAULT_TOKEN_FILE."


@pytest.mark.parametrize(("source", "package"), [(VAULT, "hvac"), (AWS, "boto3")])
def test_a_package_that_is_not_installed_is_named(
    source: str, package: str, managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    assert refused(source) == f"{source} needs the package {package}, which is not installed."


def test_a_cheap_look_says_what_is_missing_and_trusts_a_manager(tmp_path: Path) -> None:
    with override_settings(LLM_ENV={}):
        assert credentials.why_missing("env:A") == "env:A is not set"
        assert credentials.why_missing(f"file:{tmp_path}/k") == f"file:{tmp_path}/k can't be read or is empty"
        assert [credentials.why_missing(source) for source in (VAULT, AWS, "none:")] == ["", "", ""]


def test_no_connection_is_held_while_a_manager_is_asked(managers: Managers, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr("llm.key_readers.pool.give_back", lambda: given.append(managers.asked))

    credentials.read(VAULT)

    assert given == [0]


def test_a_refused_key_is_renewed_where_its_place_has_another_one(managers: Managers) -> None:
    credentials.read(VAULT)

    assert credentials.renewed(VAULT, FIRST) == ""
    credentials.forget_all()
    credentials.read(VAULT)
    rotate(managers)
    assert credentials.renewed(VAULT, FIRST) == SECOND
    assert credentials.renewed(VAULT, FIRST) == SECOND  # another call that was under way with the old one
    assert credentials.renewed("vault:kv/models/none#key", FIRST) == ""


def test_a_look_that_began_before_the_refusal_says_nothing_about_the_newest_key(
    managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials.read(VAULT)
    read_now = credentials._read_now

    def refused_meanwhile(*place: str) -> str:
        found = read_now(*place)
        monkeypatch.setattr(credentials, "_read_now", read_now)
        credentials.forget(VAULT, FIRST)
        rotate(managers)
        return found

    monkeypatch.setattr(credentials, "_read_now", refused_meanwhile)
    credentials.forget(VAULT, FIRST)

    assert credentials.read(VAULT) == FIRST
    assert credentials.renewed(VAULT, FIRST) == SECOND
