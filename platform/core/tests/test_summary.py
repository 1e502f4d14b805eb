"""The table at the end of `make run`."""

import json
from pathlib import Path

import pytest

from core.localservices import summary


@pytest.mark.parametrize(
    ("models", "line"),
    [
        ([], "  Interviewer     basic mode (no model set)"),
        (["large-1", "small-1"], "  Interviewer     large-1, small-1"),
    ],
)
def test_its_first_line_says_which_model_answers(tmp_path: Path, models: list[str], line: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "demo.json").write_text(json.dumps({"tenants": [], "models": models}))

    assert summary.table(tmp_path, {"PORT": "8000"}).splitlines()[0] == line
