"""Whether it is really this person who sits here: before what can't be undone, or would outlast a stolen session."""

from datetime import datetime, timedelta

from django.http import HttpRequest

from accounts.models import User
from accounts.services import second_factor, signing_in
from core import clock, ratelimit

TRIES = "5/hour"
FRESH = timedelta(minutes=10)
CONFIRMED = "confirmed_at"  # in the session


class NotConfirmed(Exception):
    """The password or the code was wrong, or this session began too long ago for somebody without a password."""


def is_fresh(request: HttpRequest) -> bool:
    """Whether this very session was begun or confirmed minutes ago; one elsewhere says nothing of who sits here."""
    noted: str | None = request.session.get(CONFIRMED)
    moments = (signing_in.began_at(request), datetime.fromisoformat(noted) if noted else None)
    return any(moment is not None and moment > clock.now() - FRESH for moment in moments)


def confirm(request: HttpRequest, *, user: User, secret: str) -> None:
    """Note in this session that the person typed their password; without one, a code of their second factor.

    :raises NotConfirmed: if it is wrong.
    """
    ratelimit.hit("confirm", str(user.pk), TRIES)
    if user.has_usable_password():
        right = user.check_password(secret)
    else:
        right = second_factor.accept(user=user, code=secret)
    if not right:
        raise NotConfirmed(str(user.pk))
    request.session[CONFIRMED] = clock.now().isoformat()


def require(request: HttpRequest, *, user: User, password: str) -> None:
    """What is asked each time: the password; of somebody without one, a fresh session.

    :raises NotConfirmed: if it is wrong, or the session isn't.
    """
    if user.has_usable_password():
        confirm(request, user=user, secret=password)
    elif not is_fresh(request):
        raise NotConfirmed(str(user.pk))
