"""How a call can fail, and what follows from each kind."""

from dataclasses import dataclass

from llm.headers import NOTHING, Observed


class WireError(Exception):
    """The server could not be asked, or did not answer properly. `kind` says how, without any content."""

    def __init__(self, kind: str, observed: Observed = NOTHING) -> None:
        super().__init__(kind)
        self.kind, self.observed = kind, observed


@dataclass(frozen=True, slots=True)
class Kind:
    """What follows from a kind of failure.

    :param result: for the breaker (llm.admission.Outcome).
    :param again: the same request may succeed there a moment later.
    :param whole_account: nothing else at this account would succeed either.
    :param sent: the provider may have counted the request. :param billed: and answered it.
    """

    result: str
    again: bool = False
    whole_account: bool = False
    sent: bool = True
    billed: bool = True


KINDS = {
    "refused": Kind("failed", again=True, whole_account=True, sent=False, billed=False),
    "timeout": Kind("failed", again=True),
    "cut": Kind("failed", again=True),
    "server_error": Kind("failed", again=True, billed=False),
    "rate_limited": Kind("limited", again=True, billed=False),
    "unauthorised": Kind("auth", whole_account=True, billed=False),
    "old_key": Kind("other", again=True, billed=False),  # refused, and another one had taken its place
    "not_found": Kind("other", billed=False),
    "rejected": Kind("other", billed=False),
    "unusable": Kind("other", whole_account=True, sent=False, billed=False),
    "filtered": Kind("other"),
    "canary": Kind("other"),
    "internal": Kind("other"),
}
BROKEN = Kind("bad", again=True)  # an answer that can't be used: no JSON, cut short, too large, against the schema ...


def kind_of(name: str) -> Kind:
    """What follows from a failure of this kind."""
    return KINDS.get(name, BROKEN)


class Unavailable(Exception):
    """No provider answered in a way that can be used; `kind` says why."""

    def __init__(self, kind: str, model_ms: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.model_ms = model_ms  # spent on the wire in vain


class BadOutput(Unavailable):
    """A provider answered, and its answer breaks the schema or repeats the prompt."""


BAD_OUTPUT = frozenset({"schema", "canary"})


class Stopped(Exception):
    """A listener of a stream has heard enough: no failure, and no reason to ask again."""
