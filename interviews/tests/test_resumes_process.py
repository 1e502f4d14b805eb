"""The process that reads a resume has little, holds nothing, and is gone afterwards."""

import ctypes
import errno
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from core.pool import HeldDuringCall
from core.testing import TenantTestCase
from interviews.services import resumes
from interviews.services.resumes import process
from interviews.services.resumes.sandboxed import bounds, confine
from interviews.tests.resume_docx import docx, p
from interviews.tests.resume_pdf import lines, pdf
from interviews.tests.resumes_read import BREAD, refused

GOOD = pdf(lines(BREAD))


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No temporary file and no thread stays behind a reading, however it ended."""
    folder, threads = tmp_path / "temporary", threading.active_count()
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert threading.active_count() == threads
    assert list(folder.iterdir()) == []


def child(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this program run confined in the reader's place."""
    start = "import sys; sys.path.append(sys.argv[1]); from sandboxed import confine;"
    start += "confine.enter(int(sys.argv[3])); confine.close_files()"
    monkeypatch.setattr(process, "START", f"{start}\n{program}")


def said(program: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """What the program found out, as JSON from its variable `answer`."""
    child(f"import json\n{program}\nprint(json.dumps({{'answer': answer}}))", monkeypatch)
    return process.read(b"", kind="pdf")["answer"]


def test_its_limits_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = said(
        "import resource as r\nanswer = [r.getrlimit(k) for k in "
        "(r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_CORE, r.RLIMIT_NPROC, r.RLIMIT_NOFILE)]",
        monkeypatch,
    )

    assert limits == [[bounds.MEMORY] * 2, [10, 11], [0, 0], [0, 0], [0, 0], [16, 16]]
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != bounds.MEMORY


def test_it_has_no_environment_and_no_open_file_but_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with Path(__file__).open() as held:
        os.set_inheritable(held.fileno(), True)
        look = "for n in range(16):\n  try: os.fstat(n); answer[1].append(n)\n  except OSError: pass"
        found = said(f"import os\nanswer = [sorted(os.environ), []]\n{look}", monkeypatch)

    assert found in ([[], [0, 1, 2]], [["LC_CTYPE"], [0, 1, 2]])


def test_it_reaches_no_server_where_a_network_of_its_own_is_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    links = said("import socket\nanswer = [name for _, name in socket.if_nameindex()]", monkeypatch)

    if links != ["lo"]:
        pytest.skip("this machine gives no process a network of its own")
    attempt = "import socket\nanswer = socket.socket().connect_ex(('127.0.0.1', 9)) != 0\n"
    assert said(attempt, monkeypatch) is True


def test_it_writes_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    target = tmp_path / "resume"
    said(f"answer = 0\ntry:\n  open({str(target)!r}, 'w').write('x')\nexcept OSError: answer = 1", monkeypatch)

    assert not target.exists() or target.read_text() == ""


def test_it_opens_no_file_of_the_server_where_the_kernel_can_forbid_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if ctypes.CDLL(None).syscall(confine.CREATE_RULESET, None, 0, 1) < 1:
        pytest.skip("this kernel has no Landlock")
    tried = ["/etc/passwd", "/proc/self/maps", __file__, "/tmp"]
    attempt = "  try: os.open(path, 0)\n  except OSError as error: answer.append(error.errno)"
    program = f"import os\nanswer = []\nfor path in {tried}:\n{attempt}"

    assert said(program, monkeypatch) == [errno.EACCES] * 4
    assert said("import encodings.utf_16_be\nanswer = 1", monkeypatch) == 1


def test_a_parser_runs_under_all_of_this(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = "def parse(content):\n  import os, resource as r\n  try: closed = os.open('/etc/passwd', 0) < 0\n"
    parser += "  except OSError: closed = True\n  return {'answer': [r.getrlimit(r.RLIMIT_AS)[0], closed]}\n"
    swap = "import sys; sys.path.append(sys.argv[1]); from sandboxed import main; main._reader = lambda kind: parse\n"
    monkeypatch.setattr(process, "START", f"{parser}{swap}main.run(sys.argv[2], int(sys.argv[3]))")

    closes = ctypes.CDLL(None).syscall(confine.CREATE_RULESET, None, 0, 1) >= 1
    assert process.read(b"", kind="pdf")["answer"] == [bounds.MEMORY, closes]


def test_it_loads_nothing_of_django() -> None:
    program = (
        "import sys; sys.path.append(sys.argv[1]); import sandboxed.main, sandboxed.pdf, sandboxed.docx;"
        "print([n for n in sys.modules if n.split('.')[0] in ('django', 'interviews', 'core')])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(process.FOLDER)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_one_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WALL_SECONDS", 1.0)
    child("import time; time.sleep(60)", monkeypatch)
    began = time.monotonic()

    assert refused(GOOD) == "too_much_time"
    assert time.monotonic() - began < 30  # and not the minute that it would sleep


def test_one_that_reads_nothing_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WALL_SECONDS", 1.0)
    child("import signal; signal.pause()", monkeypatch)

    assert refused(GOOD + b" " * 4_000_000) == "too_much_time"


def test_one_that_left_another_holding_its_output_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WALL_SECONDS", 1.0)
    child("import os, time\ntry:\n  os.fork()\nexcept OSError: pass\ntime.sleep(60)", monkeypatch)

    assert refused(GOOD) == "too_much_time"


def test_one_that_computes_for_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    child("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass", monkeypatch)

    assert refused(GOOD) == "too_much_time"


def test_one_that_needs_too_much_memory_is_refused_and_the_parent_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    before = psutil.Process().memory_info().rss
    monkeypatch.setattr(
        process, "START", process.START.replace("from sandboxed.main import run;", "from sandboxed.main import run; "
        "from sandboxed import main; main._read = lambda read, content: [bytes(9_000_000) for _ in range(9_000)];")
    )  # fmt: skip

    assert refused(GOOD) == "too_much_memory"
    assert psutil.Process().memory_info().rss - before < 50_000_000


def test_one_that_is_killed_gives_a_clear_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    child("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", monkeypatch)
    assert refused(GOOD) == "too_much_memory"

    child("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", monkeypatch)
    assert refused(GOOD) == "failed"


def test_one_that_says_too_much_or_nonsense_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    child("import sys\nwhile True: sys.stdout.write('[' * 65536)", monkeypatch)
    assert refused(GOOD) == "too_much_text"

    child("print('<html>')", monkeypatch)
    assert refused(GOOD) == "failed"


def test_it_dies_with_its_parent() -> None:
    sleeper = (
        "import os, sys; sys.path.append(sys.argv[1]); from sandboxed import confine; confine.enter(int(sys.argv[2]));"
    )
    sleeper += "print(os.getpid(), flush=True); import time; time.sleep(60)"
    parent = (
        "import os, subprocess, sys; c = subprocess.Popen([sys.executable, '-I', '-c', sys.argv[1], sys.argv[2], "
        "str(os.getpid())], stdout=subprocess.PIPE); print(c.stdout.readline().decode(), flush=True); os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", parent, sleeper, str(process.FOLDER)], capture_output=True, text=True, check=True
    )
    orphan = int(done.stdout)

    with suppress(psutil.NoSuchProcess):
        for _ in range(100):
            if psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE:
                return
            time.sleep(0.02)
        pytest.fail("it outlived its parent")


def test_readings_at_once_do_not_mix() -> None:
    found: dict[int, str] = {}

    def work(number: int) -> None:
        content = pdf(lines(f"Baker {number}")) if number % 2 else docx(p(f"Baker {number}"))
        found[number] = resumes.read(content, filename="").text

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: f"Baker {number}" for number in range(6)}


def test_its_answer_is_plain_json() -> None:
    answer = process.read(GOOD, kind="pdf")

    assert json.loads(json.dumps(answer))["paragraphs"] == [[1, BREAD]]


class HoldsNothingTests(TenantTestCase):
    def test_a_reading_inside_a_transaction_is_refused_before_a_process_starts(self) -> None:
        from django.db import transaction

        with transaction.atomic(), pytest.raises(HeldDuringCall):
            resumes.read(GOOD, filename="resume.pdf")

        self.assertEqual(resumes.read(GOOD, filename="resume.pdf").text, BREAD)
