"""`make run` with a Procfile of small programs: ready, Ctrl-C, a process that dies, and a supervisor that is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.localservices.server import is_free
from core.localservices.service import home

SOURCES = Path(__file__).resolve().parents[2]
FILES = {
    "Procfile": "web: python web.py\nworker: python worker.py\nbeat: sleep 60\n",
    "settings_of_trial.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['trial']\n",
    "trial/__init__.py": "",
    "trial/management/__init__.py": "",
    "trial/management/commands/__init__.py": "",
    "trial/management/commands/migrate_all.py": """
from django.core.management.base import BaseCommand, CommandError
import os
class Command(BaseCommand):
    def handle(self, **options):
        if os.environ.get("BROKEN"):
            raise CommandError("the owner may not connect")
        self.stdout.write("public: nothing to do")
""",
    "trial/management/commands/seed_demo.py": """
from django.core.management.base import BaseCommand
from pathlib import Path
import json, os
class Command(BaseCommand):
    def handle(self, **options):
        word = "for-the-demo"
        acme = {"name": "Acme", "host": "acme.candor.localhost", "portal_path": "/", "email": "ana@acme.example",
                "password": word, "candidate_path": "/i/token"}
        demo = {"admin": {"email": "root@candor.example", "password": word}, "tenants": [acme]}
        Path(os.environ["CANDOR_VAR"], "run", "demo.json").write_text(json.dumps(demo))
""",
    "web.py": """
import http.server, os, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
def serve(name):
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[name])), Handler).serve_forever()
threading.Thread(target=serve, args=["INTERNAL_PORT"], daemon=True).start()
serve("PORT")
""",
    "worker.py": """
import os, redis, signal, sys, time
if os.environ.get("DEAF"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
redis.Redis.from_url(os.environ["REDIS_URL"]).set("candor:worker:alive", 1, ex=30)
time.sleep(0.3 if os.environ.get("SHORT") else 60)
sys.exit(3)
""",
    "run.py": """
import sys
from pathlib import Path
from core.localservices import ServiceError, supervisor
root = Path(__file__).resolve().parent
try:
    sys.exit(supervisor.run(root, root / "var", lambda var: []))
except ServiceError as error:
    sys.exit(f"Candor: {error}")
""",
}


class Run:
    """One `make run`, its output in a file."""

    def __init__(self, root: Path, **env: str) -> None:
        self.root = root
        self.output = root / "output"
        own = {"DJANGO_SETTINGS_MODULE": "settings_of_trial", "PYTHONPATH": str(SOURCES)}
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(root / "run.py")],
                env=inherited | own | env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 120
        while text not in self.text():
            assert time.monotonic() < deadline, self.text()
            assert self.process.poll() is None, self.text()
            time.sleep(0.05)

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "platform").symlink_to(SOURCES)
    return folder


@pytest.fixture
def ports() -> dict[str, str]:
    """Above those that the started servers draw theirs from, below those of outgoing connections."""
    port, internal, *_ = (str(port) for port in random.sample(range(30_001, 32_768), 200) if is_free(port))
    return {"PORT": port, "INTERNAL_PORT": internal}


@pytest.fixture
def runs(root: Path) -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.end()


def children(root: Path) -> list[int]:
    """The pids of the Procfile's processes, as the supervisor noted them."""
    state = json.loads((home(root / "var") / "state.json").read_text())
    return [child["pid"] for child in state["children"]]


def running(pids: list[int]) -> list[int]:
    """Those that live; a zombie does not."""
    states = subprocess.run(
        ["ps", "-o", "pid=,stat=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=False
    )
    rows = (line.split() for line in states.stdout.splitlines())
    return [int(pid) for pid, status in rows if not status.startswith("Z")]


def test_it_shows_each_step_and_the_table_and_ctrl_c_ends_everything(
    root: Path, ports: dict[str, str], runs: list[Run]
) -> None:
    runs.append(run := Run(root, **ports))
    run.wait_for("Candor is ready")
    started = children(root)
    postmaster = int((root / "var/services/postgres/postmaster.pid").read_text().split()[0])

    code = run.end()

    text = run.text()
    assert code == 0
    assert [step for step in range(2, 8) if f"[{step}/7]" not in text] == []
    assert f"http://acme.candor.localhost:{ports['PORT']}/i/token" in text
    assert "ana@acme.example / for-the-demo" in text
    assert "  Interviewer       basic mode (no model set)\n" in text
    assert len(started) == 3
    assert running([*started, postmaster]) == []
    assert text.rstrip().endswith("Candor has stopped.")


def test_after_a_kill_the_next_run_ends_what_was_left_and_is_ready(
    root: Path, ports: dict[str, str], runs: list[Run]
) -> None:
    runs.append(killed := Run(root, **ports, DEAF="1"))
    killed.wait_for("Candor is ready")
    left = children(root)
    killed.process.kill()
    killed.process.wait()
    assert running(left) != []

    runs.append(run := Run(root, **ports))
    run.wait_for("Candor is ready")

    assert running(left) == []
    assert len(running(children(root))) == 3


def test_a_process_that_ends_by_itself_takes_the_others_along(
    root: Path, ports: dict[str, str], runs: list[Run]
) -> None:
    runs.append(run := Run(root, **ports, SHORT="1"))

    assert run.process.wait(timeout=120) == 1
    assert "worker stopped (rc=3)" in run.text()
    assert "a process ended by itself" in run.text()


def test_a_second_run_in_the_folder_and_a_taken_port_are_refused(
    root: Path, ports: dict[str, str], runs: list[Run]
) -> None:
    runs.append(run := Run(root, **ports))
    run.wait_for("Candor is ready")
    refused = subprocess.run(
        [sys.executable, root / "run.py"],
        env=os.environ | ports | {"PYTHONPATH": str(SOURCES), "CANDOR_ENV": "development"},
        capture_output=True,
        text=True,
        check=False,
    )
    run.end()

    assert refused.returncode == 1
    assert f"uses {root / 'var'} already (process {run.process.pid})" in refused.stderr


def test_a_database_step_that_fails_is_named_and_nothing_stays(
    root: Path, ports: dict[str, str], runs: list[Run]
) -> None:
    runs.append(run := Run(root, **ports, BROKEN="1"))

    assert run.process.wait(timeout=120) == 1
    assert "migrate_all: the owner may not connect" in run.text()
    assert "[5/7]" not in run.text()


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"CANDOR_ENV": "production"}, "`make run` is for one person's computer and CANDOR_ENV is production."),
        ({"PORT": "eighty"}, "PORT is 'eighty': it must be a number from 1 to 65535."),
        ({"DATABASE_URL": "postgresql://db/x"}, "DATABASE_URL is set but REDIS_URL is not"),
    ],
)
def test_what_cannot_work_is_one_sentence(root: Path, env: dict[str, str], sentence: str) -> None:
    run = Run(root, **env)

    assert run.process.wait(timeout=60) == 1
    assert sentence in run.text()
    assert "Traceback" not in run.text()
