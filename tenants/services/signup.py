"""Self-service sign-up: a form, a mail that proves the address, and only then a tenant.

Whoever fills in the form learns nothing about others: the answer is the same for every address, and what is known of
an address is told in the mail to it. An open sign-up reserves no subdomain: the first confirmation gets it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import normalise_email
from core import audit, clock, letters, pool, state, tasks, tenancy
from core.state import TransitionNotAllowed
from tenants.models import ProvisioningStep, SignUp, Tenant
from tenants.services import names, owners, provisioning, trials

VALID_FOR = timedelta(hours=24)
SHOWN_FOR = timedelta(days=7)
MOST_TRIES = 6
MAIL_IS_LATE = timedelta(minutes=1)
STEP_IS_LATE = timedelta(minutes=5)  # above the broker's two minutes: a killed worker's message came back by then
SALT = "sign-up"

log = structlog.get_logger()


class LinkNotValid(LookupError):
    """The link was used, is older than a day, or was never sent."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form holds."""

    company: str
    subdomain: str
    owner_name: str
    email: str
    plan_code: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the set-up is."""

    tenant: Tenant
    steps: list[ProvisioningStep]
    email: str


def ask(wish: Wish) -> SignUp:
    """Store the wish and owe its mail; nothing else is made.

    :raises django.core.exceptions.ValidationError: by field; nothing is stored.
    """
    wish = clean(wish)
    with tenancy.enter_platform(), transaction.atomic():
        row = SignUp.objects.create(
            company=wish.company,
            subdomain=wish.subdomain,
            owner_name=wish.owner_name,
            email=wish.email,
            plan_code=wish.plan_code,
            expires_at=clock.now() + VALID_FOR,
        )
        audit.record("sign_up.asked", row)
        _send(row)
    return row


def clean(wish: Wish) -> Wish:
    """The wish as it may be stored.

    :raises django.core.exceptions.ValidationError: by field.
    """
    errors: dict[str, ValidationError] = {}
    cleaned = dict.fromkeys(("company", "subdomain", "owner_name", "email"), "")
    checks = {"company": names.clean_name, "owner_name": names.clean_name}
    checks |= {"subdomain": _clean_subdomain, "email": _clean_email}
    for field, check in checks.items():
        try:
            cleaned[field] = check(getattr(wish, field))
        except ValidationError as error:
            errors[field] = error
    if wish.plan_code not in dict(provisioning.plans()):
        errors["plan_code"] = ValidationError(_("Choose one of the plans."))
    if errors:
        raise ValidationError(errors)
    return Wish(**cleaned, plan_code=wish.plan_code)


def _clean_subdomain(given: str) -> str:
    subdomain = names.clean_subdomain(given)
    names.require_free(subdomain)
    return subdomain


def _clean_email(given: str) -> str:
    email = normalise_email(given)
    validate_email(email)
    return email


def _send(row: SignUp) -> None:
    message = {"sign_up_id": str(row.pk)}
    transaction.on_commit(lambda: tasks.send("tenants.send_sign_up_mail", message))


def send_mail(*, sign_up_id: UUID) -> None:
    """Make the link's secret and send it; only its hash is stored, so that a second try makes another one."""
    row = SignUp.objects.filter(pk=sign_up_id, status=SignUp.Status.OPEN, mailed_at=None).first()
    if row is None:
        return
    token = secrets.token_urlsafe(32)
    SignUp.objects.filter(pk=row.pk).update(token_hash=_hash(token), mail_tries=F("mail_tries") + 1)
    known = list(Tenant.objects.filter(sign_up__email=row.email).order_by("created_at"))
    context = {
        "link": "" if trials.tried(row.email) else _public(reverse("signup_confirm", "config.urls_public", [token])),
        "known": known,
        "support_email": settings.SUPPORT_EMAIL,
        "host": provisioning.host_of(row.subdomain),
    }
    subject, text = letters.write("public/mail/signup", context)
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [row.email])
    pool.give_back()
    message.send()
    SignUp.objects.filter(pk=row.pk).update(mailed_at=clock.now())


def find(*, token: str) -> SignUp:
    """The sign-up that this link confirms, or has confirmed.

    :raises LinkNotValid: otherwise.
    """
    row = SignUp.objects.filter(token_hash=_hash(token)).select_related("tenant").first()
    if row is None or (row.status == SignUp.Status.OPEN and row.expires_at <= clock.now()):
        raise LinkNotValid
    return row


def confirm(*, token: str) -> SignUp:
    """Make the tenant and start its set-up, once; the same click again finds the same tenant.

    :raises LinkNotValid: for a used, old or unknown link.
    :raises tenants.services.names.Taken: if somebody else got the subdomain first; nothing is made.
    :raises tenants.services.trials.TriedBefore: if the mailbox had its trial; nothing is made.
    """
    row = find(token=token)
    if row.status == SignUp.Status.CONFIRMED:
        return row
    try:
        with transaction.atomic():
            return _confirm(row)
    except (TransitionNotAllowed, SignUp.DoesNotExist):
        return find(token=token)  # the other of two clicks was first
    except IntegrityError:
        names.require_free(row.subdomain)
        raise


def _confirm(row: SignUp) -> SignUp:
    row = SignUp.objects.select_for_update().get(pk=row.pk)
    if row.status == SignUp.Status.CONFIRMED:
        return row
    names.require_free(row.subdomain)
    trials.begin(row.email)
    tenant = provisioning.create_tenant(name=row.company, subdomain=row.subdomain, plan_code=row.plan_code)
    state.move(row, SignUp.Status.CONFIRMED, tenant=tenant, confirmed_at=clock.now())
    SignUp.objects.filter(email=row.email, status=SignUp.Status.OPEN).delete()  # one click, one tenant
    audit.record("sign_up.confirmed", row, tenant=str(tenant.pk))
    provisioning.start(tenant)
    return row


def invite_owner(tenant: Tenant) -> None:
    """A step of the set-up: who signed up is invited as the owner; nothing for a tenant that staff made."""
    row = SignUp.objects.filter(tenant=tenant).first()
    if row is None:
        return
    with tenancy.enter(tenant.schema_name):
        owners.invite(email=row.email, name=row.owner_name)


def signed_up(tenant: Tenant) -> bool:
    """Whether the tenant was made by a sign-up, not by staff."""
    return SignUp.objects.filter(tenant=tenant).exists()


def progress_key(row: SignUp) -> str:
    """What the address of the page with the steps carries: signed, so that nobody can guess another's."""
    return signing.dumps(str(row.pk), salt=SALT)


def progress(*, key: str) -> Progress:
    """:raises LinkNotValid: for a key that we did not sign, or whose sign-up is gone."""
    try:
        pk = signing.loads(key, salt=SALT, max_age=SHOWN_FOR)
    except signing.BadSignature as error:
        raise LinkNotValid from error
    row = SignUp.objects.filter(pk=pk, status=SignUp.Status.CONFIRMED).select_related("tenant").first()
    if row is None or row.tenant is None:
        raise LinkNotValid
    return Progress(row.tenant, list(row.tenant.steps.all()), row.email)


def look_after() -> None:
    """Send what was not sent, go on where a worker was killed, and forget who never confirmed."""
    now = clock.now()
    SignUp.objects.filter(status=SignUp.Status.OPEN, expires_at__lt=now).delete()
    late = SignUp.objects.filter(status=SignUp.Status.OPEN, mailed_at=None, created_at__lt=now - MAIL_IS_LATE)
    for pk in late.filter(mail_tries__lt=MOST_TRIES).values_list("pk", flat=True)[:100]:
        tasks.send("tenants.send_sign_up_mail", {"sign_up_id": str(pk)})
    for tenant in _standing_still():
        log.warning("provisioning_resumed", tenant=tenant.schema_name)
        provisioning.start(tenant)


def _standing_still() -> list[Tenant]:
    """Tenants, whoever made them, whose set-up nobody has been at for STEP_IS_LATE: no step began or ended since."""
    since = clock.now() - STEP_IS_LATE
    busy = ProvisioningStep.objects.filter(Q(started_at__gte=since) | Q(finished_at__gte=since))
    waiting = Tenant.objects.filter(status=Tenant.Status.PROVISIONING, created_at__lt=since)
    return list(waiting.exclude(pk__in=busy.values("tenant_id"))[:20])


def _public(path: str) -> str:
    return f"{settings.PUBLIC_SCHEME}://{settings.BASE_DOMAIN}{settings.PUBLIC_PORT}{path}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
