"""Make .venv, keep it equal to a locked requirements file, then become the program named behind it.

    python3 -I bootstrap.py [--step 1/7] REQUIREMENTS [PROGRAM ARGUMENT...]

Run as a file by whatever Python there is: the standard library only, and nothing that Python 3.6 cannot read, so
that an old Python can say that it is old.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "candor.json"
LOG = VENV / "install.log"
ROOM_MB = 900  # what the packages of requirements-dev.txt and their downloads take
ASK_VERSION = "import sys; print(*sys.version_info[:2])"
PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)

CAUSES = (
    (r"No space left on device|Disk quota exceeded", "the disk is full: free 1 GB and run it again"),
    (r"DO NOT MATCH THE HASHES", "a package is not the one that was locked: do not trust it, or lock again"),
    (
        r"NewConnectionError|NameResolutionError|name resolution|Connection refused|ConnectTimeout|Read timed out"
        r"|ProxyError|SSLError|Network is unreachable|nodename nor servname|Connection aborted",
        "the package index cannot be reached: check the network, the proxy or PIP_INDEX_URL",
    ),
    (r"No matching distribution|Could not find a version", "a package has no ready-made build for this computer"),
    (r"Permission denied", "a folder belongs to another user: run as its owner, or remove .venv"),
)


def fail(sentence: str) -> NoReturn:
    sys.stderr.write(f"\nCandor: {sentence}\n")
    sys.exit(1)


def version_of(python: str) -> "tuple[int, ...]":
    """(major, minor) of an interpreter; () when it does not run, as a shim that leads nowhere."""
    try:
        words = subprocess.check_output([python, "-I", "-S", "-c", ASK_VERSION], stderr=subprocess.DEVNULL).split()
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(int(word) for word in words)


def use_supported_python() -> None:
    """Start again with a supported Python if this one is not and another is installed."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        path = shutil.which(name)
        if path and OLDEST <= version_of(path) <= NEWEST:
            os.execv(path, [path, "-I", str(Path(__file__).resolve()), *sys.argv[1:]])
    fail(
        f"Python 3.11, 3.12 or 3.13 is needed and this is {sys.version_info[0]}.{sys.version_info[1]}: "
        "install one of them, or name it: make PYTHON=/path/to/python3.13"
    )


def digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def read_stamp() -> "dict[str, Any]":
    """What .venv was made for, or nothing when it has to be made: wrong place, other Python, never finished."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    usable = stamp.get("root") == str(ROOT) and list(version_of(str(PYTHON))) == stamp.get("python")
    return stamp if usable else {}


def is_current(stamp: "dict[str, Any]", requirements: Path) -> bool:
    return digest(requirements) in stamp.get("installed", ())


def make_venv() -> "dict[str, Any]":
    """A .venv without packages; one whose Python moved or changed is made anew."""
    if VENV.exists() and list(version_of(str(PYTHON))) != list(sys.version_info[:2]):
        shutil.rmtree(VENV)
    if not PYTHON.exists():
        made = subprocess.run(
            [sys.executable, "-I", "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if made.returncode != 0:
            shutil.rmtree(VENV, ignore_errors=True)
            if "ensurepip" in made.stdout:
                minor = ".".join(str(part) for part in sys.version_info[:2])
                fail(f"this Python cannot make environments: install its venv module (Debian: python{minor}-venv).")
            fail(f"{VENV} could not be made: {explain(made.stdout)}.")
    return {"root": str(ROOT), "python": list(sys.version_info[:2]), "installed": []}


def install(requirements: Path, show: "Callable[[str], None]") -> None:
    """Install the locked packages, wheels only; `show(text)` is told how far it is."""
    total = len(PACKAGE.findall(requirements.read_text(encoding="utf-8")))
    command = [str(PYTHON), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar=off", "--no-deps", "--no-compile", "--require-hashes", "--only-binary=:all:"]
    command += ["-r", str(requirements)]
    done = 0
    with open(LOG, "w", encoding="utf-8") as log:
        pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=str(ROOT))
        try:
            for line in pip.stdout or ():
                log.write(line)
                if line.startswith(("Collecting ", "Requirement already satisfied")):
                    done += 1
                    show(f"{done} of {total} packages")
                elif line.startswith("Installing collected"):
                    show("unpacking")
            code = pip.wait()
        finally:
            if pip.poll() is None:
                pip.terminate()
                pip.wait()
    if code != 0:
        words = LOG.read_text(encoding="utf-8")
        fail(f"the packages could not be installed: {explain(words)} (all of it is in {LOG}).")


def explain(words: str) -> str:
    """The cause in pip's output, or its last line."""
    for pattern, cause in CAUSES:
        if re.search(pattern, words):
            return cause
    lines = words.strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def covered(requirements: Path) -> "list[str]":
    """Digests of every locked file whose packages `requirements` holds in the same versions."""
    have = set(PACKAGE.findall(requirements.read_text(encoding="utf-8")))
    files = [path for path in sorted(ROOT.glob("requirements*.txt")) if path != requirements]
    subsets = [path for path in files if set(PACKAGE.findall(path.read_text(encoding="utf-8"))) <= have]
    return [digest(path) for path in [requirements, *subsets]]


def require_room() -> None:
    free_mb = shutil.disk_usage(str(ROOT)).free / 1e6
    if free_mb < ROOM_MB:
        fail(f"the disk that holds {ROOT} has {free_mb:.0f} MB left and {ROOM_MB} MB are needed: free some space.")


def prepare(requirements: Path, show: "Callable[[str], None]") -> None:
    """Bring .venv to what `requirements` locks; nothing to do while the file is unchanged."""
    if is_current(read_stamp(), requirements):
        return
    folder = os.open(str(ROOT), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # two makes may start at once
        stamp = read_stamp()
        if not is_current(stamp, requirements):
            renew(stamp, requirements, show)
    finally:
        os.close(folder)


def renew(stamp: "dict[str, Any]", requirements: Path, show: "Callable[[str], None]") -> None:
    """Install into .venv, which counts as unfinished until the end."""
    require_room()
    show("preparing .venv")
    stamp = stamp or make_venv()
    if STAMP.exists():
        STAMP.unlink()
    install(requirements, show)
    stamp["installed"] = covered(requirements)
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


def environment() -> "dict[str, str]":
    """What every program of the project needs: the source roots, and the tools of .venv before all others."""
    env = dict(os.environ)
    env["PYTHONPATH"] = os.pathsep.join((str(ROOT / "platform"), str(ROOT)))
    env["VIRTUAL_ENV"] = str(VENV)
    env["PATH"] = os.pathsep.join((str(VENV / "bin"), env.get("PATH", os.defpath)))
    env.setdefault("CANDOR_STARTED", str(time.time()))
    return env


class Display:
    """One line that is rewritten on a terminal, and a line now and then elsewhere."""

    def __init__(self, label: str) -> None:
        self.label, self.started, self.last = label, time.monotonic(), 0.0
        self.live = sys.stdout.isatty()

    def show(self, text: str) -> None:
        now = time.monotonic()
        if self.live:
            sys.stdout.write(f"\r\x1b[K{self.label} {text}")
        elif now - self.last > 5:
            sys.stdout.write(f"{self.label} {text}\n")
        else:
            return
        sys.stdout.flush()
        self.last = now

    def done(self) -> None:
        start = "\r\x1b[K" if self.live else ""
        sys.stdout.write(f"{start}{self.label} {time.monotonic() - self.started:.1f} s\n")
        sys.stdout.flush()


def interrupted(number: int, frame: "FrameType | None") -> None:
    raise KeyboardInterrupt


def main(arguments: "list[str]") -> None:
    use_supported_python()
    env = environment()
    label = "environment"
    if arguments[0] == "--step":
        label = f"[{arguments[1]}] {label:<12}"
        arguments = arguments[2:]
    signal.signal(signal.SIGTERM, interrupted)
    display = Display(label)
    try:
        prepare(ROOT / arguments[0], display.show)
    except KeyboardInterrupt:
        fail("stopped; run it again to go on.")
    except OSError as error:
        fail(f".venv could not be prepared: {explain(str(error))}.")
    display.done()
    if arguments[1:]:
        os.chdir(str(ROOT))
        os.execve(str(PYTHON), [str(PYTHON), *arguments[1:]], env)


if __name__ == "__main__":
    main(sys.argv[1:])
