"""Second factors of a person: an authenticator app, passkeys, recovery codes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from core.ids import uuid7


class Totp(models.Model):
    """An authenticator app. It counts once a code of it was typed (`confirmed_at`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="totp")
    secret = models.BinaryField(
        help_text=_("20 bytes, sealed under the tenant's or the platform's key (keys.sealing).")
    )
    last_counter = models.BigIntegerField(default=-1, help_text=_("The newest code that was used: none works twice."))
    confirmed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"authenticator app of {self.user_id}"


class Passkey(models.Model):
    """A WebAuthn credential that verifies its user; it is both factors in one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(unique=True)
    credential = models.BinaryField(help_text=_("Attested credential data: id and public key (WebAuthn 6.5.1)."))
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """One of ten codes for the day the phone is lost; used once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code_hash"], name="one_recovery_code_a_hash")]

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"
