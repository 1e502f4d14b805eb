"""The script that makes .venv before any package is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from core.localservices import bootstrap

LOCK = """\
django==5.2.19 \\
    --hash=sha256:00
psycopg[binary,pool]==3.3.9 ; sys_platform != 'win32' \\
    --hash=sha256:11
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a .venv of this Python that nothing was installed into yet."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "requirements.txt").write_text(LOCK)
    (tmp_path / "requirements-dev.txt").write_text(LOCK + "pytest==9.2.0 \\\n    --hash=sha256:22\n")
    for name, path in (
        ("ROOT", ""),
        ("VENV", ".venv"),
        ("PYTHON", ".venv/bin/python"),
        ("STAMP", ".venv/candor.json"),
        ("LOG", ".venv/install.log"),
    ):
        monkeypatch.setattr(bootstrap, name, tmp_path / path)
    return tmp_path


@pytest.fixture
def installed(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that pip was asked to install."""
    names: list[str] = []
    monkeypatch.setattr(bootstrap, "install", lambda requirements, show: names.append(requirements.name))
    return names


def prepare(name: str) -> None:
    bootstrap.prepare(bootstrap.ROOT / name, lambda text: None)


def test_an_unchanged_file_is_installed_once(project: Path, installed: list[str]) -> None:
    prepare("requirements.txt")
    prepare("requirements.txt")

    assert installed == ["requirements.txt"]


def test_a_changed_file_is_installed_again(project: Path, installed: list[str]) -> None:
    prepare("requirements.txt")
    (project / "requirements.txt").write_text(LOCK.replace("5.2.19", "5.2.20"))
    prepare("requirements.txt")

    assert installed == ["requirements.txt", "requirements.txt"]


def test_the_larger_file_covers_the_smaller_one_but_not_the_other_way_round(
    project: Path, installed: list[str]
) -> None:
    prepare("requirements-dev.txt")
    prepare("requirements.txt")
    assert installed == ["requirements-dev.txt"]

    (project / ".venv" / "candor.json").unlink()
    prepare("requirements.txt")
    prepare("requirements-dev.txt")
    assert installed == ["requirements-dev.txt", "requirements.txt", "requirements-dev.txt"]


def test_an_installation_that_failed_is_not_taken_for_done(
    project: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare("requirements.txt")
    (project / "requirements.txt").write_text(LOCK.replace("5.2.19", "5.2.20"))
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(bootstrap, "install", lambda requirements, show: bootstrap.fail("no network"))
        prepare("requirements.txt")

    prepare("requirements.txt")

    assert installed == ["requirements.txt", "requirements.txt"]


@pytest.mark.parametrize("changed", [{"root": "/elsewhere"}, {"python": [3, 10]}])
def test_a_venv_that_was_moved_or_changed_its_python_is_not_current(
    project: Path, installed: list[str], changed: dict[str, object]
) -> None:
    prepare("requirements.txt")
    stamp = json.loads((project / ".venv" / "candor.json").read_text())
    (project / ".venv" / "candor.json").write_text(json.dumps(stamp | changed))

    assert bootstrap.read_stamp() == {}


def test_no_room_on_the_disk_is_said_before_anything_is_installed(
    project: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "ROOM_MB", 10**12)

    with pytest.raises(SystemExit) as stopped:
        prepare("requirements.txt")

    assert stopped.value.code == 1
    assert "MB left and 1000000000000 MB are needed: free some space." in capsys.readouterr().err
    assert installed == []


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full: free 1 GB and run it again"),
        (
            "WARNING: Retrying ... NewConnectionError ... \nERROR: No matching distribution found for django==5.2.19",
            "the package index cannot be reached: check the network, the proxy or PIP_INDEX_URL",
        ),
        ("ERROR: No matching distribution found for x", "a package has no ready-made build for this computer"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
            "a package is not the one that was locked: do not trust it, or lock again",
        ),
        ("something else\nlast words", "last words"),
    ],
)
def test_pips_words_become_a_cause(words: str, cause: str) -> None:
    assert bootstrap.explain(words) == cause


def test_programs_find_the_sources_and_the_tools_of_the_venv() -> None:
    env = bootstrap.environment()

    assert env["PYTHONPATH"].split(":")[0].endswith("/platform")
    assert env["PATH"].split(":")[0].endswith("/.venv/bin")
