"""The listener of a stream, through all attempts at it."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from llm import answers, canary, completions, filters, metrics, streams
from llm.answers import Answer, BadAnswer
from llm.attempts import Answered, Attempt, wire
from llm.completions import Completion
from llm.preparing import Prepared


class Hearing:
    """Hands the growing answer on, and remembers whether anybody heard some of it."""

    def __init__(
        self, prepared: Prepared, listen: Callable[[dict[str, Any]], None], again: Callable[[], None] | None
    ) -> None:
        self._prepared, self._listen, self._again = prepared, listen, again
        self._spoke = False
        self._last: tuple[Attempt, streams.Reader] | None = None

    def ask(self, attempt: Attempt) -> Answer:
        if self._spoke and self._again is not None:
            self._again()
            self._spoke = False
        reader = streams.Reader(partial(self._heard, attempt))
        self._last = attempt, reader
        attempt.observed = wire().stream(attempt.target, attempt.body, deadline=attempt.deadline, feed=reader.feed)
        return reader.end()

    def may_repeat(self) -> bool:
        return self._again is not None or not self._spoke

    def stopped(self) -> Completion:
        """What was heard until the listener stopped it."""
        assert self._last is not None
        attempt, reader = self._last
        answer = reader.so_far()
        return completions.of_attempt(self._prepared, Answered(attempt, answer, None, attempt.settle(answer=answer)))

    def _heard(self, attempt: Attempt, text: str) -> None:
        """:raises BadAnswer: canary; whatever `listen` raises."""
        if not attempt.first_ms:
            seconds = time.perf_counter() - attempt.started
            attempt.first_ms = max(1, round(seconds * 1000))
            metrics.first_token_seconds.labels(attempt.target.provider).observe(seconds)
        if canary.leaked(text):
            raise BadAnswer("canary")
        found = answers.growing(text)
        if found:
            self._spoke = True
            self._listen(filters.restore(found, self._prepared.replaced))
