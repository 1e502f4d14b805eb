"""llmock servers in processes of their own, which write down what they were asked: a journal outlives a SIGKILL.

    python -m tests.faults.llmock_server

Reads {port, folder, rpm, tpm} as lines of JSON, starts one server for each and prints its process id. The folder gets
`arrivals` (the question's mark, one a line, as soon as it was read) and `records` (llmock's journal as lines of JSON,
each as soon as its answer went out).
"""

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import uvicorn
from llmock.chaos import ChaosSettings, StreamChaos
from llmock.journal import Journal, RequestRecord, Ticket
from llmock.main import create_app
from llmock.ratelimit import LimitSettings
from llmock.simulation import MockResponseSettings

from core.localservices.procfile import die_with_parent

MARK = re.compile(r"marked ([a-z]{16})")


class Lines:
    """A file to which whole lines are added at once."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def add(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())


class KeptJournal(Journal):
    """llmock's journal, and a file of it."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def add(self, record: RequestRecord, ticket: Ticket | None = None) -> None:
        self._lines.add(json.dumps(record.to_dict()))
        super().add(record, ticket)


class Arrivals:
    """Writes down each question that was read whole, before llmock sees it."""

    def __init__(self, app: Any, lines: Lines) -> None:
        self._app, self._lines = app, lines

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""

        async def heard() -> Any:
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.request" and not message.get("more_body"):
                found = MARK.search(body.decode())
                if found:
                    self._lines.add(found.group(1))
            return message

        await self._app(scope, heard if scope["type"] == "http" else receive, send)


def serve(port: int, folder: str, rpm: int | None, tpm: int | None) -> None:
    app = create_app(
        ChaosSettings(latency_ms=30),
        MockResponseSettings(response_style="static"),
        LimitSettings(rpm=rpm, tpm=tpm),
        StreamChaos(chunk_delay_ms=5),  # it notices whoever hangs up
    )
    app.state.llmock.journal = KeptJournal(Lines(Path(folder) / "records"))
    asked = Arrivals(app, Lines(Path(folder) / "arrivals"))
    uvicorn.run(asked, host="127.0.0.1", port=port, log_level="critical")


def main() -> None:
    keeper = os.getpid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who was killed leaves nothing behind
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            die_with_parent(signal.SIGKILL, keeper)
            serve(**json.loads(line))
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
