"""How the reader's process says no."""


class Refusal(Exception):
    """The file is not read: `reason` is a key of the parent's sentences, `what` fills their one gap."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(reason, what)
        self.reason = reason
        self.what = what
