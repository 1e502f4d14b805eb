"""The interviewer's words on their way to the candidate: a sentence is released once it passed every check."""

from collections.abc import Callable
from typing import Any

from interviews.services.interviewer import checks, sentences
from interviews.services.interviewer.types import TurnContext
from llm import gateway

Say = Callable[[str], None]


class Speaker:
    """Listens to the model's answer as it grows; `refused` says which check its words failed.

    `again` has the listeners forget what was said, where another provider begins anew; None = nobody can.
    """

    def __init__(self, context: TurnContext, say: Say, again: Callable[[], None] | None = None) -> None:
        self._context, self._say, self.again = context, say, again
        self._said = ""
        self.refused = ""

    def hear(self, growing: dict[str, Any]) -> None:
        """:raises llm.gateway.Stop: when a sentence was refused: nothing that follows will be shown."""
        text = growing.get("text")
        if not isinstance(text, str) or not text.startswith(self._said):
            return
        complete = list(growing)[-1] != "text"  # the model went on to the next key
        found, _ = sentences.split(text[len(self._said) :], final=complete)
        for sentence in found:
            self._release(sentence)

    def begin_again(self) -> None:
        """Nothing was said yet."""
        if self._said and self.again is not None:
            self.again()
        self._said = ""

    def _release(self, sentence: str) -> None:
        try:
            checks.sentence(sentence, before=self._said, context=self._context)
        except checks.Refused as refused:
            self.refused = refused.reason
            raise gateway.Stop from refused
        self._said += sentence
        self._say(sentence)
