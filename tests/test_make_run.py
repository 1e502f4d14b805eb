"""`make run` in a copy of the project with an empty home: cold and warm, Ctrl-C, a killed supervisor, refusals.

CANDOR_PROVE_COLD=0 leaves out the installation; the other tests then use this Python's environment.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from tests.stack import ROOT, free_ports, wait_until

pytestmark = pytest.mark.prove

READY = "Candor is ready"
NO_INDEX = "the package index cannot be reached"
COLD_SECONDS, WARM_SECONDS, STOP_SECONDS = 480, 8, 30
INHERITED = re.compile(r"LANG|LC_.*|LD_LIBRARY_PATH|PIP_.*|SSL_CERT_.*|(https?|no|all)_proxy", re.IGNORECASE)


@dataclass(slots=True)
class Project:
    """A copy of the tracked files. `cold` is in seconds, or says why it was not measured."""

    folder: Path
    command: list[str]
    cold: float | str = "CANDOR_PROVE_COLD is 0"
    warm: list[float] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """A machine that knows nothing of Candor: an empty home, no virtual environment."""
        kept = {name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)}
        own = str(Path(sys.executable).parent)
        path = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if part != own)
        ports = dict(zip(("PORT", "INTERNAL_PORT"), map(str, free_ports(2)), strict=True))
        return kept | {"PATH": path, "HOME": str(self.folder.with_name("home"))} | ports | more

    def processes(self) -> dict[int, str]:
        """Pid and name of every living process that was started out of this folder."""
        return dict(filter(None, (_named(process, str(self.folder)) for process in psutil.process_iter())))


def _named(process: psutil.Process, folder: str) -> tuple[int, str] | None:
    with suppress(psutil.Error):
        told = " ".join([*process.cmdline(), process.cwd()])
        if folder in told and process.status() != psutil.STATUS_ZOMBIE:
            return process.pid, str(process.name())
    return None


class Run:
    """One `make run`, as from a terminal of its own."""

    def __init__(self, project: Project, command: list[str], **env: str) -> None:
        self.project, self.env, self.began = project, project.environment(**env), time.monotonic()
        self.output = project.folder.with_name("output")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=project.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def until_ready(self, *, seconds: float = 60) -> float:
        """Seconds until it says that it is ready."""

        def said() -> bool:
            assert self.process.poll() is None, self.text()
            return READY in self.text()

        wait_until(said, "it was not ready", seconds=seconds, pause=0.02)
        return time.monotonic() - self.began

    def refused(self) -> str:
        """What it said when it would not start."""
        assert self.process.wait(STOP_SECONDS) != 0
        return self.text()

    def ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(STOP_SECONDS)

    def supervisor(self) -> psutil.Process:
        """The process that keeps the others: behind make, or the one we started."""
        ours = psutil.Process(self.process.pid)
        return next(one for one in (ours, *ours.children(True)) if one.cmdline()[-2:] == ["manage.py", "run"])

    def status(self, host: str, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", int(self.env["PORT"]), timeout=10)
        connection.request("GET", path, headers={"Host": f"{host}:{self.env['PORT']}"})
        return connection.getresponse().status


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("made") / "candor"
    folder.with_name("home").mkdir()
    _copy_tracked(folder)
    made = Project(folder, [sys.executable, "manage.py", "run"])
    try:
        if os.environ.get("CANDOR_PROVE_COLD") != "0":
            _start_cold(made)
        yield made
    finally:
        for pid in made.processes():
            psutil.Process(pid).kill()
        shutil.rmtree(folder.parent)


def _copy_tracked(folder: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _start_cold(project: Project) -> None:
    """The very first start; without a package index there is none, and the rest is tested with this Python."""
    run = Run(project, ["make", "run"])
    wait_until(lambda: READY in run.text() or run.process.poll() is not None, "it was not ready", seconds=COLD_SECONDS)
    if NO_INDEX in run.text():
        project.cold = NO_INDEX
        return
    assert READY in run.text(), run.text()
    project.cold = round(time.monotonic() - run.began, 1)
    project.command = ["make", "run"]
    run.ctrl_c()


@pytest.fixture
def run(project: Project) -> Iterator[Callable[..., Run]]:
    """Start `make run`; whatever still runs is ended afterwards."""
    started: list[Run] = []

    def start(**env: str) -> Run:
        started.append(Run(project, project.command, **env))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.ctrl_c()


def test_a_first_start_needs_nothing_but_python_and_make(project: Project, show: Callable[[str], None]) -> None:
    if isinstance(project.cold, str):
        pytest.skip(project.cold)

    show(json.dumps({"cold_seconds": project.cold}))
    modes = {name: (project.folder / "var" / name).stat().st_mode & 0o777 for name in ("secret_key", "kek.key")}
    assert modes == {"secret_key": 0o600, "kek.key": 0o600}
    assert (project.folder / ".venv" / "bin" / "python").exists()


def test_a_second_start_shows_where_to_look_and_serves(project: Project, run: Callable[..., Run]) -> None:
    started = run()
    project.warm.append(started.until_ready())

    text, port = started.text(), started.env["PORT"]
    assert [step for step in range(1, 8) if f"[{step}/7]" not in text and project.command == ["make", "run"]] == []
    for host in ("candor.localhost", "admin.candor.localhost", "acme.candor.localhost", "globex.candor.localhost"):
        assert f"http://{host}:{port}/" in text
    links = re.findall(r"http://(\w+\.candor\.localhost):\d+(/i/[\w-]+)", text)
    assert [host for host, _ in links] == ["acme.candor.localhost", "globex.candor.localhost"]
    assert [started.status(host, path) for host, path in links] == [303, 303]
    assert started.status("acme.candor.localhost", "/sign-in/") == 200
    assert started.status("nobody.candor.localhost", "/") == 404


def test_ctrl_c_ends_every_process_it_started(project: Project, run: Callable[..., Run]) -> None:
    started = run()
    project.warm.append(started.until_ready())
    names = set(project.processes().values())

    started.ctrl_c()

    assert {"uvicorn", "celery", "postgres", "valkey-server"} <= names
    assert project.processes() == {}
    assert started.text().rstrip().endswith("Candor has stopped.")


def test_after_a_kill_of_the_supervisor_the_next_run_is_ready_and_alone(
    project: Project, run: Callable[..., Run]
) -> None:
    killed = run()
    project.warm.append(killed.until_ready())
    before = project.processes()
    killed.supervisor().kill()

    run().until_ready()

    after = project.processes()
    left = {name for pid, name in before.items() if pid in after}
    assert left <= {"postgres", "valkey-server"}
    assert Counter(after.values())["uvicorn"] == 1


def test_a_warm_start_is_ready_within_eight_seconds(project: Project, show: Callable[[str], None]) -> None:
    show(json.dumps({"warm_seconds": [round(seconds, 1) for seconds in project.warm]}))

    assert len(project.warm) == 3
    assert min(project.warm) <= WARM_SECONDS


def test_a_taken_port_is_one_sentence(run: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        said = run(PORT=str(port)).refused()

    assert f"Port {port} is taken: stop what uses it, or choose another: make run PORT={port + 1}" in said
    assert "Traceback" not in said


def test_production_refuses_embedded_servers_and_demo_data(project: Project, run: Callable[..., Run]) -> None:
    said = run(CANDOR_ENV="production").refused()

    assert "`make run` is for one person's computer and CANDOR_ENV is production." in said
    assert "Traceback" not in said
    assert project.processes() == {}
