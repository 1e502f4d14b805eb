"""Who asks for a page of the isolation walk, by what they may; and what is told of each address."""

from dataclasses import dataclass

from accounts.roles import Role
from tests.asked import Arguments, Data

ROLES = frozenset(Role.values)
UNASSIGNED = frozenset({"unassigned hiring_manager", "unassigned reviewer"})  # their lists are empty
VIEW = ROLES - {Role.AUDITOR}
DECIDE = VIEW - {Role.REVIEWER}
INVITE = DECIDE - {Role.HIRING_MANAGER}
MANAGE = frozenset({Role.OWNER, Role.ADMIN})
OWNER = frozenset({Role.OWNER})
AUDIT = MANAGE | {Role.AUDITOR}
STAFF = ROLES | UNASSIGNED
CANDIDATE = frozenset({"candidate"})
PROGRAM = frozenset({"token"})
KEY = frozenset({"key"})
DIRECTORY = frozenset({"directory"})
FOREIGN = frozenset(
    {"beta candidate", "beta token", "beta owner", "beta auditor", "beta key", "beta directory", "platform admin"}
)
SUPPORT = frozenset({"support"})  # to look only
STRANGERS = frozenset({"anonymous", "another candidate"})
EVERYBODY = ROLES | CANDIDATE | PROGRAM | FOREIGN | STRANGERS | UNASSIGNED | KEY | DIRECTORY | SUPPORT
NOBODY: frozenset[str] = frozenset()
ANYBODY = EVERYBODY - {"beta key"}  # a key of another tenant gets no page at all here
UNKNOWN = ANYBODY - SUPPORT  # support signs in and out by its grant alone


@dataclass(frozen=True, slots=True)
class Route:
    """Who may look (GET, HEAD) and who may act (POST, with `data`); everybody else is refused and writes nothing.

    `edit`: who may change and delete what stands there (PUT and PATCH, which refuse an empty body, and DELETE).
    `head`: who may look may ask for the headers alone. `writes`: acting stores something.
    `json`: the body is JSON; an idempotency key in it stands in the header too.
    `other`: the rest of the methods is answered too, to everybody and without a row (a class-based page).
    """

    arguments: Arguments
    look: frozenset[str] = NOBODY
    act: frozenset[str] = NOBODY
    data: Data = lambda world: {}
    edit: frozenset[str] = NOBODY
    head: bool = True
    writes: bool = True
    json: bool = False
    other: bool = False
