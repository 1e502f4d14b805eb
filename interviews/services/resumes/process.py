"""The reader's process: started for one file, fed, listened to, and ended in every case."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import structlog

from interviews.services.resumes.refusals import Refused
from interviews.services.resumes.sandboxed import bounds

FOLDER = Path(__file__).parent
START = "import sys; sys.path.append(sys.argv[1]); from sandboxed.main import run; run(sys.argv[2], int(sys.argv[3]))"

log = structlog.get_logger()


def read(content: bytes, *, kind: str) -> dict[str, Any]:
    """What the process found (see `sandboxed.result`).

    :raises Refused: if it refused the file, or had to be ended.
    """
    command = [sys.executable, "-I", "-B", "-c", START, str(FOLDER), kind, str(os.getpid())]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    late = threading.Event()
    timer = threading.Timer(bounds.WALL_SECONDS, _end, (child, late))
    timer.daemon = True
    timer.start()
    try:
        output = _talk(child, content)
    finally:
        timer.cancel()
        timer.join()
        _end(child)
        code = child.wait()
    return _answer(output, code, late=late.is_set())


def _talk(child: "subprocess.Popen[bytes]", content: bytes) -> bytes:
    """The deadline ends the child, and with it the pipes that this waits for."""
    assert child.stdin is not None and child.stdout is not None
    with contextlib.suppress(BrokenPipeError), child.stdin:
        child.stdin.write(content)
    with child.stdout:
        return child.stdout.read(bounds.MAX_OUTPUT + 1)


def _end(child: "subprocess.Popen[bytes]", late: threading.Event | None = None) -> None:
    """Kill the child with all that it may have started. It was not waited for yet, so its number is nobody else's."""
    if late is not None:
        late.set()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _answer(output: bytes, code: int, *, late: bool) -> dict[str, Any]:
    try:
        answer = json.loads(output) if len(output) <= bounds.MAX_OUTPUT else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        log.warning("resume_reader_ended", code=code, late=late, bytes=len(output))
        raise Refused(_cause(code, len(output), late=late))
    if "refused" in answer:
        if answer.get("trouble"):
            log.info("resume_malformed", trouble=answer["trouble"])
        raise Refused(str(answer["refused"]), str(answer.get("what", "")))
    return answer


def _cause(code: int, size: int, *, late: bool) -> str:
    if late or code == -signal.SIGXCPU:
        return "too_much_time"
    if size > bounds.MAX_OUTPUT:
        return "too_much_text"
    return "too_much_memory" if code == -signal.SIGKILL else "failed"
