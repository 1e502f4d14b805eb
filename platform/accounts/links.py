"""Mailed links to accounts, after a restore: one that was used, replaced or revoked since must lead nowhere."""

from core.backups import ending

REVOKE = "UPDATE {} SET status = 'revoked', token_hash = '', closed_at = now() WHERE status = 'pending'"
# A reset link is bound to the last sign-in, in whole seconds. Without a password ("!…") there is none.
MOVE_SIGN_IN = (
    "UPDATE {} SET last_login = coalesce(last_login, created_at) + interval '1 second' WHERE password NOT LIKE '!%'"
)


def end_all() -> str:
    """Revoke every pending invitation into a team and void every password-reset link; says how many invitations."""
    revoked = ending.in_every_schema("accounts_teaminvitation", REVOKE)
    ending.in_every_schema("accounts_user", MOVE_SIGN_IN)
    return f"{revoked} invitations revoked, invite these people again; reset links that were mailed are void"
