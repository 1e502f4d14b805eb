"""Who reads a resume, and who uploads one.

Reading: whoever may see the candidate and invites or rates. Support helps with what happens on pages and needs nobody's
career for it; an auditor sees no candidate at all. Uploading: of these, who invites or decides, because the candidate's
papers reach them; a reviewer rates one interview that was handed to them and replaces nothing that colleagues read.
"""

from accounts.models import User
from accounts.roles import NotPermitted, Permission


def may_read(user: User) -> bool:
    return user.may(Permission.VIEW_CANDIDATES) and (user.may(Permission.INVITE) or user.may(Permission.REVIEW))


def may_upload(user: User) -> bool:
    return may_read(user) and (user.may(Permission.INVITE) or user.may(Permission.DECIDE))


def require_reader(user: User) -> None:
    """:raises NotPermitted: if the role reads no resume."""
    if not may_read(user):
        raise NotPermitted(f"{user.role} reads no resume")


def require_uploader(user: User) -> None:
    """:raises NotPermitted: if the role uploads no resume."""
    if not may_upload(user):
        raise NotPermitted(f"{user.role} uploads no resume")
