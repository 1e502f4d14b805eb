"""The searcher of canaries: what it must find, and what it must not."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.canaries.search import Canaries, files_below

CANARIES = Canaries("qwrtzpsdfghj")
TEXT = "I said qwrtzpsdfghjanswer, and more."


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-be"),
        TEXT.upper().encode(),
        TEXT.encode().hex().encode(),
        TEXT.encode().hex().upper().encode(),
        b"\\x" + TEXT.encode("utf-16-le").hex().encode(),
        base64.b64encode(TEXT.encode()),
        base64.b64encode(b"x" + TEXT.encode()),
        base64.b64encode(b"xy" + TEXT.encode()),
        base64.urlsafe_b64encode(json.dumps({"a": TEXT}).encode()),
        base64.b64encode(TEXT.encode("utf-16-le")),
        quote(TEXT).encode(),
        "".join(f"%{byte:02X}" for byte in TEXT.encode()).encode(),
    ],
)
def test_a_canary_is_found_however_it_is_written(data: bytes) -> None:
    assert {hit.place for hit in CANARIES.find(b"\x00\xff" + data + b"\x00", "there")} == {"there"}


def test_what_only_resembles_a_canary_is_not_found() -> None:
    assert CANARIES.find(b"qwrtzpsdfghk qwrtzpsdfgh j " + bytes(range(256)) * 9, "there") == []


def test_every_file_is_searched_but_those_left_out(tmp_path: Path) -> None:
    for name in ("a/deep/one.bin", "mailbox/two.eml", "three"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CANARIES.named("x"))

    hits = CANARIES.find_in_files(files_below(tmp_path, without=[tmp_path / "mailbox"]))

    assert [Path(hit.place).name for hit in hits] == ["one.bin", "three"]
