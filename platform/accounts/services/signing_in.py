"""Sessions of staff: begun by every way of signing in, ended from one place."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import login
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from accounts import sessions
from accounts.models import Session, User
from accounts.models.sessions import Method as Method
from accounts.sessions import DEVICE, ENDS, METHOD, STARTED
from core import audit, clock

BACKEND = "accounts.backends.SchemaBackend"
SECOND_FACTOR = "second_factor"
# Whoever vouches for these asked for what they wanted to see: an identity provider, a grant of support access.
VOUCHED_ELSEWHERE = frozenset({Method.SAML, Method.SUPPORT})
LOCAL = frozenset({Method.PASSWORD, Method.PASSKEY, Method.BREAK_GLASS})
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)

_local_rules: dict[str, Callable[[User, Method], Method]] = {}


class LocalSignInRefused(Exception):
    """Single sign-on is the only way in here; only the break-glass account has a password."""


def restrict_local(name: str, rule: Callable[[User, Method], Method]) -> None:
    """Have `rule(user, method)` asked before a password or passkey lets somebody in (called in AppConfig.ready).

    It returns the method to record (BREAK_GLASS instead of PASSWORD), or raises LocalSignInRefused. Where a second
    factor follows it is asked again, with what it returned for the password.
    """
    _local_rules[name] = rule


def local_method(user: User, method: Method) -> Method:
    """How this sign-in is recorded.

    :raises LocalSignInRefused: if an app refuses it.
    """
    for rule in _local_rules.values():
        method = rule(user, method)
    return method


def begin(
    request: HttpRequest, user: User, *, method: Method, second_factor: bool = False, ends_at: datetime | None = None
) -> None:
    """A new session for this person: what the browser held before is gone, and the key is another.

    :param second_factor: something beside the password was shown; a passkey always counts as that.
    :param ends_at: when whoever vouches for the person has it end, if that is before its own longest time is over.
    """
    request.session.flush()
    _purge(user.pk)
    login(request, user, backend=BACKEND)
    request.session[METHOD] = method
    request.session[STARTED] = clock.now().isoformat()
    if ends_at is not None:
        request.session[ENDS] = ends_at.isoformat()
    request.session[DEVICE] = device_of(request.headers.get("User-Agent", ""))
    request.session[SECOND_FACTOR] = second_factor or method == Method.PASSKEY
    audit.record("user.signed_in", user, method=method, second_factor=request.session[SECOND_FACTOR])


@transaction.atomic
def _purge(user_id: UUID) -> None:
    """Drop the sessions of this person and of nobody that can't go on; of others the newest tells how they came in."""
    now = clock.now()
    over = Q(expire_date__lte=now) | Q(ends_at__lte=now)
    mine = Q(user_id=user_id) & (over | Q(seen_at__lte=now - sessions.idle()))
    # Two who sign in at once don't wait for each other's rows.
    rows = Session.objects.filter(mine | (Q(user_id=None) & over)).select_for_update(skip_locked=True)
    Session.objects.filter(pk__in=rows.values("pk")).delete()


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether this session was begun with a second factor, or somebody else vouches for it."""
    session = request.session
    return bool(session.get(SECOND_FACTOR)) or session.get(METHOD) in VOUCHED_ELSEWHERE


def began_at(request: HttpRequest) -> datetime | None:
    """When this session was begun; None for one that `begin` did not."""
    started = request.session.get(STARTED)
    return datetime.fromisoformat(started) if started else None


def device_of(agent: str) -> str:
    """Browser and system in a few words, such as "Firefox, Windows"; "" for what is neither."""
    found = [next((name for mark, name in marks if re.search(mark, agent)), "") for marks in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found))


def end(*, user_id: UUID, session_id: str) -> bool:
    """End one session of this person, by its `Session.name`; False if there is none."""
    for row in Session.objects.filter(user_id=user_id):
        if row.name == session_id:
            row.delete()
            return True
    return False


def end_all(*, user_id: UUID, but: str | None = None) -> None:
    """End every session of this person in the current schema, at once; the one with the key `but` stays."""
    Session.objects.filter(user_id=user_id).exclude(session_key=but or "").delete()


def end_those(*, user_id: UUID, which: Callable[[dict[str, Any]], bool]) -> int:
    """End the sessions of this person whose data `which` picks; says how many."""
    picked = [row.pk for row in Session.objects.filter(user_id=user_id) if which(row.get_decoded())]
    return Session.objects.filter(pk__in=picked).delete()[0]


def end_local(*, but: Collection[UUID]) -> int:
    """End the sessions of the current schema that no identity provider vouched for, except of these people; how many.

    A break-glass session is one of them: it stands for the person who was that account then.
    """
    local = Session.objects.filter(method__in=LOCAL, user_id__isnull=False)
    return local.exclude(user_id__in=but).delete()[0]


def end_vouched(*, but: str | None = None) -> int:
    """End the sessions of the current schema that its identity provider vouched for; the one with the key `but` stays.

    :returns: how many.
    """
    return Session.objects.filter(method=Method.SAML).exclude(session_key=but or "").delete()[0]
