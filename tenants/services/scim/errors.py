"""How SCIM says no: a status, a word for programs (RFC 7644, 3.12), and a sentence for the person who set it up."""


class Refused(Exception):
    """The directory asked for something that can't be done here."""

    def __init__(self, detail: str, kind: str = "invalidValue", status: int = 400) -> None:
        super().__init__(detail)
        self.detail, self.kind, self.status = detail, kind, status


class NotThere(Refused):
    """No such person or group."""

    def __init__(self) -> None:
        super().__init__("There is no such resource.", "", 404)


class Taken(Refused):
    """Another person or group has this name or address."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, "uniqueness", 409)
