from accounts.models.directory import ScimGroup, ScimUser
from accounts.models.factors import Passkey, RecoveryCode, Totp
from accounts.models.invitations import TeamInvitation
from accounts.models.mail import AccountMail
from accounts.models.people import Identity, User, UserManager, normalise_email
from accounts.models.sessions import Session

__all__ = [
    "AccountMail",
    "Identity",
    "Passkey",
    "RecoveryCode",
    "ScimGroup",
    "ScimUser",
    "Session",
    "TeamInvitation",
    "Totp",
    "User",
    "UserManager",
    "normalise_email",
]
