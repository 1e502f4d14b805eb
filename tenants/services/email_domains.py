"""Mail domains of a tenant: claimed, proved by a TXT record or by the platform's staff, and given up."""

import secrets
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

import idna
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, due, pool, ratelimit, tenancy
from tenants.models import EmailDomain, Tenant
from tenants.services import dns, staff_mail

DUE = "email_domain_look"
LOOKED_AT_EVERY = timedelta(days=7)
LOOKED_AT_AGAIN = timedelta(days=1)  # while the record is missing
GRACE = timedelta(days=14)
RATE = "6/minute"
MOST = 50
SHARED = Path(__file__).resolve().parents[1] / "data" / "shared_mail_domains.txt"


class DomainRefused(ValueError):
    """This can't be a company's mail domain; the message says why."""


class NotProved(Exception):
    """The TXT record was not found; the message says what to do."""


class TakenElsewhere(Exception):
    """Another company proved to own this domain."""


class NoSuchDomain(LookupError):
    """This tenant claims no such domain."""


def normalise(typed: str) -> str:
    """The domain in the form that is compared and stored: lower case, IDNA ("xn--…" where it holds other letters).

    :raises DomainRefused: if it is no domain, or one that no single company owns.
    """
    name = typed.strip().rpartition("@")[2].rstrip(".")
    try:
        domain = idna.encode(name, uts46=True, std3_rules=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError, IndexError) as error:
        raise DomainRefused(_("Write a domain such as example.com, without http:// or a path.")) from error
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or labels[-1].isdigit():
        raise DomainRefused(_("Write a domain such as example.com, without http:// or a path."))
    providers, suffixes = _shared()
    above = {".".join(labels[place:]) for place in range(len(labels))}
    if above & providers:
        raise DomainRefused(
            _("Everybody can have a mailbox at %(domain)s. Use your company's own domain.") % {"domain": domain}
        )
    if domain in suffixes:
        raise DomainRefused(
            _("Anybody can register names below %(domain)s. Use your company's own.") % {"domain": domain}
        )
    return domain


def shown(domain: str) -> str:
    """A stored domain with its own letters; the same where it has no other than a to z."""
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def record_name(domain: str) -> str:
    """Where the TXT record is looked for."""
    return f"_candor-challenge.{domain}"


def claim(*, domain: str, by: User) -> EmailDomain:
    """Claim a domain; claiming it again is the same claim. It counts for nothing until it is proved.

    :raises DomainRefused: if no single company owns it, or if there are too many.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    name, tenant_id = normalise(domain), tenancy.tenant_id()
    if EmailDomain.objects.filter(tenant_id=tenant_id).count() >= MOST:
        raise DomainRefused(_("These are as many domains as we keep. Remove one that you don't use."))
    with transaction.atomic():
        found, made = EmailDomain.objects.get_or_create(
            tenant_id=tenant_id, domain=name, defaults={"token": secrets.token_urlsafe(24)}
        )
        if made:
            audit.record("email_domain.claimed", found)
    return found


def check(*, domain_id: UUID, by: User) -> None:
    """Look for the TXT record, with nothing held, and count the domain as this tenant's own (still, if it was).

    :raises NoSuchDomain: if this tenant does not claim it.
    :raises NotProved: if the record is not there (yet).
    :raises TakenElsewhere: if another tenant proved it before.
    :raises core.ratelimit.TooMany: above six looks a minute.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    row = _own(domain_id)
    if row.verified_at is not None and row.missing_since is None:
        return
    ratelimit.hit("email-domain", str(tenancy.tenant_id()), RATE)
    pool.give_back()
    try:
        found = [record.strip() for record in dns.txt_records(record_name(row.domain))]
    except dns.NoAnswer as error:
        raise NotProved(_("The name servers did not answer. Try again in a few minutes.")) from error
    EmailDomain.objects.filter(pk=row.pk).update(checked_at=clock.now())
    if row.token not in found:
        raise NotProved(_not_found(row, found))
    if not _verify(row, EmailDomain.Proof.DNS):
        _found_again(row)


def _not_found(row: EmailDomain, found: list[str]) -> str:
    place = {"name": record_name(row.domain)}
    if found:
        return _("The TXT record at %(name)s holds something else. Copy our value into it, alone.") % place
    return _("There is no TXT record at %(name)s yet. A new one can take an hour to be seen.") % place


@transaction.atomic
def verify_by_platform(*, domain_id: UUID) -> None:
    """The platform's staff saw the proof on another way. Both trails say so.

    :raises TakenElsewhere: if another tenant proved it before.
    :raises NoSuchDomain: if nobody claims it.
    """
    row = EmailDomain.objects.select_related("tenant").filter(pk=domain_id).first()
    if row is None:
        raise NoSuchDomain(str(domain_id))
    with tenancy.enter(row.tenant.schema_name):
        verified = _verify(row, EmailDomain.Proof.PLATFORM)
    if verified:
        audit.record("email_domain.verified", row, tenant=row.tenant.schema_name, proof=EmailDomain.Proof.PLATFORM)


def _verify(row: EmailDomain, proof: EmailDomain.Proof) -> bool:
    try:
        with transaction.atomic():
            claimed = EmailDomain.objects.filter(pk=row.pk, verified_at=None)
            if claimed.update(verified_at=clock.now(), proof=proof) != 1:
                return False
            if proof == EmailDomain.Proof.DNS:
                due.owe(DUE, row.pk, after=LOOKED_AT_EVERY)
            audit.record("email_domain.verified", row, proof=proof)
    except IntegrityError as error:
        raise TakenElsewhere(row.domain) from error
    return True


@transaction.atomic
def remove(*, domain_id: UUID, by: User) -> None:
    """Give a domain up: its addresses are accepted no longer, and another tenant may prove it.

    :raises NoSuchDomain: if this tenant does not claim it.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    row = _own(domain_id)
    audit.record("email_domain.removed", row, was_verified=row.verified_at is not None)
    due.settle(DUE, row.pk)
    row.delete()


def look_again(*, domain_id: UUID) -> None:
    """What the due row asks for: see whether a domain that a TXT record proved still has it.

    A record that is missing warns first. After GRACE the domain counts no more: it may be somebody else's by now.
    """
    row = EmailDomain.objects.filter(
        pk=domain_id, tenant_id=tenancy.tenant_id(), verified_at__isnull=False, proof=EmailDomain.Proof.DNS
    ).first()
    if row is None:
        due.settle(DUE, domain_id)
        return
    pool.give_back()
    try:
        found = [record.strip() for record in dns.txt_records(record_name(row.domain))]
    except dns.NoAnswer:
        return  # the row stays due, and its pause grows
    if row.token in found:
        _found_again(row)
    elif row.missing_since is None:
        _warn(row)
    else:
        _still_missing(row)


@transaction.atomic
def _found_again(row: EmailDomain) -> None:
    same = EmailDomain.objects.filter(pk=row.pk, proof=EmailDomain.Proof.DNS)
    if same.update(checked_at=clock.now(), missing_since=None):
        due.owe(DUE, row.pk, after=LOOKED_AT_EVERY)


def _warn(row: EmailDomain) -> None:
    """Mail everybody who may repair it, then note it. A mail server that is away: the sweeper comes again."""
    now, recipients = clock.now(), staff_mail.addresses(Permission.MANAGE_SIGN_IN)
    context = {
        "domain": row.domain,
        "record_name": record_name(row.domain),
        "value": row.token,
        "ends_at": now + GRACE,
        "page_url": tenancy.current().page("email_domains"),
    }
    pool.give_back()
    staff_mail.send("domain_record_missing", recipients, context)
    with transaction.atomic():
        if EmailDomain.objects.filter(pk=row.pk, proof=EmailDomain.Proof.DNS).update(checked_at=now, missing_since=now):
            due.owe(DUE, row.pk, after=LOOKED_AT_AGAIN)
            audit.record("email_domain.record_missing", row)


@transaction.atomic
def _still_missing(row: EmailDomain) -> None:
    now = clock.now()
    missing = EmailDomain.objects.filter(pk=row.pk, proof=EmailDomain.Proof.DNS, missing_since__isnull=False)
    if missing.filter(missing_since__lte=now - GRACE).update(
        verified_at=None, proof="", missing_since=None, checked_at=now
    ):
        due.settle(DUE, row.pk)
        audit.record("email_domain.lost", row)
    elif missing.update(checked_at=now):
        due.owe(DUE, row.pk, after=LOOKED_AT_AGAIN)


def tenant_of(domain: str) -> Tenant | None:
    """The ready tenant that proved to own this mail domain."""
    found = EmailDomain.objects.select_related("tenant").filter(
        domain=domain, verified_at__isnull=False, tenant__status=Tenant.Status.READY
    )
    return next((row.tenant for row in found), None)


def _own(domain_id: UUID) -> EmailDomain:
    found = EmailDomain.objects.filter(pk=domain_id, tenant_id=tenancy.tenant_id()).first()
    if found is None:
        raise NoSuchDomain(str(domain_id))
    return found


@cache
def _shared() -> tuple[frozenset[str], frozenset[str]]:
    """Providers and suffixes."""
    lists: dict[str, set[str]] = {"[providers]": set(), "[suffixes]": set()}
    into: set[str] = set()
    for line in SHARED.read_text().splitlines():
        if line in lists:
            into = lists[line]
        elif line and not line.startswith("#"):
            into.add(line)
    return frozenset(lists["[providers]"]), frozenset(lists["[suffixes]"])
