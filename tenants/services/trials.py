"""One trial a mailbox: kept as a keyed hash that outlives the tenant, so that it names nobody.

An address with a word after + is the same mailbox, and at Gmail one with other dots. A domain is not looked at: two
people of one company, or of one provider of mail, are two who may try.
"""

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.encoding import punycode

from accounts.models import normalise_email
from tenants.models import SignUp, Tenant, TriedMailbox

SALT = "tenants.trials"
DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}  # the domain -> the one that it is also called

QUOTING = str.maketrans("", "", '"\\')


class TriedBefore(Exception):
    """This mailbox had its trial. Nothing was made."""


def mailbox_of(email: str) -> str:
    """The mailbox that an address leads to: what follows a + is the reader's own mark.

    Quotes and backslashes are only another spelling of the same name, as are the letters of a domain of its ASCII.
    """
    name, _, domain = normalise_email(email).rpartition("@")
    name, domain = name.translate(QUOTING), punycode(domain)
    name = name.partition("+")[0] or name
    if domain in DOTLESS:
        name, domain = name.replace(".", ""), DOTLESS[domain]
    return f"{name}@{domain}"


def tried(email: str) -> bool:
    """Whether this mailbox tried the platform already."""
    # Sign-ups of before the hashes were kept say it for as long as their tenants are there.
    known = SignUp.objects.filter(email=normalise_email(email), status=SignUp.Status.CONFIRMED)
    return TriedMailbox.objects.filter(pk=_hash(email)).exists() or known.exists()


def begin(email: str) -> None:
    """The mailbox's trial begins, in the caller's transaction; of two at once one does.

    :raises TriedBefore: if it had one.
    """
    try:
        if not tried(email):
            with transaction.atomic():
                TriedMailbox.objects.create(pk=_hash(email))
            return
    except IntegrityError:
        pass
    raise TriedBefore


def forget(tenant: Tenant) -> None:
    """A set-up that failed was no trial: whoever signed up for it may try again."""
    for email in SignUp.objects.filter(tenant=tenant).values_list("email", flat=True):
        TriedMailbox.objects.filter(pk=_hash(email)).delete()


def _hash(email: str) -> str:
    """Keyed with the installation's secret: nobody finds an address out by trying all."""
    return salted_hmac(SALT, mailbox_of(email), algorithm="sha256").hexdigest()
