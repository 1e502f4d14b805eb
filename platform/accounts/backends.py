"""Signing in with a password, against the users of the current schema."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts.models import User, normalise_email
from accounts.services import guesses
from core import ratelimit

RATE = "30/minute"


class SchemaBackend(BaseBackend):
    """No permission tables: what a person may do is in accounts.roles."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """:raises core.ratelimit.TooMany: before a password is looked at; every sign-in page answers it with a 429."""
        email = normalise_email(username or "")
        if request is None:
            return self._check(email, password or "")
        ratelimit.hit("sign-in", ratelimit.client_of(request), RATE)
        guesses.spend("password", request=request, email=email)
        user = self._check(email, password or "")
        if user is not None:
            guesses.refund("password", request=request, email=email)
        return user

    def _check(self, email: str, password: str) -> User | None:
        user = User.objects.filter(email=email).first()
        if user is None:
            User().set_password(password)  # a stranger's address takes as long as a wrong password
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: Any) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
