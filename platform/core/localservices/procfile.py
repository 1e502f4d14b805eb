"""The Procfile's processes under honcho, none of which outlives the supervisor."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from honcho.environ import parse_procfile
from honcho.manager import KILL_WAIT, Manager
from honcho.process import Popen, Process

PR_SET_PDEATHSIG = 1
ASK_AGAIN = 2.0  # seconds; below honcho's KILL_WAIT


def die_with_parent(number: signal.Signals, parent: int) -> None:
    """Ask Linux to signal this process when its parent ends, however it ends. Other systems have the recorded pids."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os.kill(os.getpid(), number)  # it ended before we asked


class Attached(Process):
    """A process whose keeper dies with the supervisor, and which is told to end when its keeper dies."""

    def run(self, *args: Any, **kwargs: Any) -> None:
        keeper = multiprocessing.parent_process()
        if keeper is not None and keeper.pid is not None:
            die_with_parent(signal.SIGKILL, keeper.pid)
        self._child_ctor = partial(Popen, preexec_fn=partial(die_with_parent, signal.SIGTERM, os.getpid()))
        super().run(*args, **kwargs)


class Processes(Manager):
    """The processes of a Procfile; `started()` is called once in a thread when all of them have a pid."""

    def __init__(self, procfile: Path, env: dict[str, str], started: Callable[[Processes], None]) -> None:
        super().__init__()
        self._process_ctor = Attached
        self._started = started
        self.asked = False
        self.owner = os.getpid()
        commands: dict[str, str] = parse_procfile(procfile.read_text(encoding="utf-8")).processes
        for name, command in commands.items():
            self.add_process(name, f"exec {command}", env=env, cwd=str(procfile.parent))

    def pids(self) -> dict[str, int]:
        """Name -> pid of what was started so far."""
        return {name: entry["pid"] for name, entry in self._processes.items() if "pid" in entry}

    def ended(self) -> list[str]:
        """The names of the processes that ended."""
        return [name for name, entry in self._processes.items() if "returncode" in entry]

    def complete(self) -> bool:
        return len(self.pids()) == len(self._processes)

    def stop(self) -> None:
        """Ask all to end, ask again who goes on (a worker then gives back what it holds), and make them at last."""
        for seconds, insist in ((ASK_AGAIN, self._killall), (KILL_WAIT, self.kill)):
            timer = threading.Timer(seconds, insist)
            timer.daemon = True
            timer.start()
        self.terminate()

    def _start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)
        super()._start()
        threading.Thread(target=self._watch, daemon=True).start()  # after the forks, not before

    def _watch(self) -> None:
        while not self.complete():
            time.sleep(0.01)
        if self.asked:
            self.stop()
        else:
            self._started(self)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-C and its like: end politely; asked again, at once. Before all have started it is only noted."""
        if os.getpid() != self.owner:
            return  # a keeper, just forked: it ends when its process does
        again, self.asked = self.asked, True
        if not self.complete():
            return
        if again:
            self.kill()
        else:
            self.stop()
