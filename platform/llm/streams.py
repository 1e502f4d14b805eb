"""An answer that arrives in pieces: Server-Sent Events, read as strictly as a whole answer."""

import json
from collections.abc import Callable
from typing import Any

from llm import answers
from llm.answers import Answer, BadAnswer, Usage

MOST_CHARACTERS = 5_000  # above every text that is streamed
MOST_EVENTS = 5_000
LONGEST_LINE = 64 * 1024
STEP = 16  # characters: what listens looks at the whole text each time, so not at every letter
DONE = b"[DONE]"


class Reader:
    """Takes the bytes of a response and calls `heard` with the whole text so far whenever it has grown.

    A server that does not stream and sends one JSON body is read as such.
    """

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._text, self._reason = "", ""
        self._usage: Usage | None = None
        self._rest = b""  # bytes without their line's end yet
        self._events = self._told = 0
        self._data: list[bytes] = []  # lines of the event that is arriving
        self._whole: list[bytes] | None = None  # the parts of a body that is no stream
        self._began = self._spoke = False

    def feed(self, data: bytes) -> None:
        """:raises BadAnswer: as soon as nothing that follows could mend it."""
        if not self._began:
            data = (self._rest + data).lstrip()
            if not data:
                return
            self._began, self._rest = True, b""
            self._whole = [] if data.startswith(b"{") else None
        if self._whole is not None:
            self._whole.append(data)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise BadAnswer("too_large", self._usage)
        for line in lines:
            self._line(line.rstrip(b"\r"))

    def end(self) -> Answer:
        """The answer, when the server came to its own end.

        :raises BadAnswer: not_json, bad_encoding, empty, wrong_shape, truncated, filtered, too_large, server_error.
        """
        if self._whole is not None:
            answer = answers.read(b"".join(self._whole))
            self._text, self._usage = answer.text, answer.usage
            self._heard(answer.text)
            return answer
        if not self._spoke:
            raise BadAnswer("not_json" if self._began else "empty")
        self._tell()
        if self._reason != "stop":
            kind = answers.REASONS.get(self._reason, "wrong_shape")
            raise BadAnswer(kind, self._usage, answers.told(self._reason))
        if not self._text.strip():
            raise BadAnswer("empty", self._usage, "stop")
        return Answer(text=self._text, usage=self._usage, finish_reason="stop")

    def so_far(self) -> Answer:
        """What was heard of an answer that nobody wants to hear to its end."""
        return Answer(text=self._text, usage=self._usage, finish_reason="stopped")

    def _line(self, line: bytes) -> None:
        """A line of the stream: data, the blank one that ends an event, or a comment that keeps the line open."""
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif not line and self._data:
            event, self._data = b"\n".join(self._data), []
            if event.strip() != DONE:
                self._event(_parsed(event))

    def _event(self, chunk: Any) -> None:
        if not isinstance(chunk, dict):
            raise BadAnswer("wrong_shape", self._usage)
        if chunk.get("error"):
            raise BadAnswer("server_error", self._usage)
        self._spoke = True
        self._events += 1
        if self._events > MOST_EVENTS:
            raise BadAnswer("too_large", self._usage)
        self._usage = answers.usage_of(chunk.get("usage")) or self._usage
        choices = chunk.get("choices")
        if not choices or self._reason:
            return  # the chunk that only counts tokens, or words after the end
        choice = choices[0] if isinstance(choices, list) else None
        if not isinstance(choice, dict):
            raise BadAnswer("wrong_shape", self._usage)
        self._say(choice.get("delta"))
        reason = choice.get("finish_reason")
        self._reason = reason if isinstance(reason, str) else ""

    def _say(self, delta: Any) -> None:
        said = delta.get("content") if isinstance(delta, dict) else None
        if not isinstance(said, str) or not said:
            return
        self._text += said
        if len(self._text) > MOST_CHARACTERS:
            raise BadAnswer("too_large", self._usage)
        if len(self._text) - self._told >= STEP:
            self._tell()

    def _tell(self) -> None:
        if self._told < len(self._text):
            self._told = len(self._text)
            self._heard(self._text)


def _parsed(event: bytes) -> Any:
    try:
        return json.loads(event.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadAnswer("bad_encoding") from None
    except (ValueError, RecursionError):
        raise BadAnswer("not_json") from None
