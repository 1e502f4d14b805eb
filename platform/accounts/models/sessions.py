"""Browsers that somebody signed in with."""

from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.redis import pseudonym


class Method(models.TextChoices):
    """How somebody signed in."""

    PASSWORD = "password", _("Password")  # pragma: allowlist secret
    PASSKEY = "passkey", _("Passkey")
    SAML = "saml", _("Single sign-on")
    BREAK_GLASS = "break_glass", _("Break-glass account")
    SUPPORT = "support", _("Support access")


class Session(AbstractBaseSession):
    """A browser that somebody signed in with. `user_id` is empty until then, and in a support session.

    What `signing_in.begin` did not begin has neither a method nor an absolute end: only `expire_date` ends it.
    """

    user_id = models.UUIDField(null=True, db_index=True)
    method = models.CharField(max_length=12, choices=Method.choices, blank=True)
    device = models.CharField(max_length=60, blank=True, help_text=_("Browser and system, as the browser calls them."))
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, help_text=_("Written at most once a minute."))
    ends_at = models.DateTimeField(null=True, help_text=_("However much it is used."))

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        db_table = "staff_session"

    @property
    def name(self) -> str:
        """What a page calls it: the key itself is a secret."""
        return pseudonym(f"session {self.session_key}")

    @classmethod
    def get_session_store_class(cls) -> Any:
        from accounts.sessions import SessionStore

        return SessionStore
