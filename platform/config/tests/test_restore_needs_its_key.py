"""`manage.py restore` where there is no key-encryption key: refused before anything is written or started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import ROOT


def restore(var: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "KEK_FILE"}
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(var.parent)],
        cwd=ROOT,
        env=environment | {"CANDOR_VAR": str(var)} | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("named", [False, True])
def test_it_says_what_to_do_and_makes_no_key(tmp_path: Path, named: bool) -> None:
    var, elsewhere = tmp_path / "var", tmp_path / "elsewhere.key"

    ended = restore(var, **({"KEK_FILE": str(elsewhere)} if named else {}))

    assert ended.returncode == 1
    assert ended.stderr.startswith(
        f"{elsewhere if named else var / 'kek.key'} is missing, and a new key-encryption key"
    )
    assert "Nothing was restored. Put the key of the time of the backup there" in ended.stderr
    assert list(tmp_path.iterdir()) == []
