"""People who sign in: staff of a tenant (in its schema) and staff of the platform (in public)."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import connection, models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_public_schema_name

from accounts import roles
from core import tenancy
from core.ids import uuid7


def normalise_email(email: str) -> str:
    """Trimmed and lower case: the form in which addresses are compared and stored."""
    return email.strip().lower()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person of the current schema."""
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A member of the platform's staff; only the public schema has any."""
        return self.create_user(email, password, is_staff=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalise_email(username or ""))


class User(AbstractBaseUser):
    """A person of one schema. Permissions come from the role (accounts.roles), never from tables."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=roles.Role.choices, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text=_("May enter the platform's admin (public schema only)."))
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_staff=False) | models.Q(role=""), name="platform_staff_has_no_tenant_role"
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_superuser(self) -> bool:
        """Platform staff, and only in the public schema: a tenant's table can't make anybody one."""
        return self.is_active and self.is_staff and getattr(connection, "schema_name", "") == get_public_schema_name()

    @property
    def needs_second_factor(self) -> bool:
        """Owners and admins of a tenant, and the platform's staff."""
        return self.role in roles.NEED_SECOND_FACTOR or self.is_superuser

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django admin's question."""
        return self.is_superuser

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_superuser

    def may(self, permission: roles.Permission) -> bool:
        """Whether this person's role holds the permission in this tenant, and the tenant may do such things now."""
        return self._holds(permission) and not _stopped(permission)

    def require(self, permission: roles.Permission) -> None:
        """:raises roles.NotPermitted: if the role does not hold it.

        :raises roles.NotWhileReadOnly: if it would, but the tenant is not paid for.
        """
        if not self._holds(permission):
            raise roles.NotPermitted(permission.label)
        if _stopped(permission):
            raise roles.NotWhileReadOnly(permission.label)

    def _holds(self, permission: roles.Permission) -> bool:
        return self.is_active and roles.allows(self.role, permission)


def _stopped(permission: roles.Permission) -> bool:
    return permission in roles.NOT_WHILE_READ_ONLY and tenancy.reads_only()


class Identity(models.Model):
    """Somebody's name at an identity provider: the only way from an assertion to a person, never the e-mail."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    provider_id = models.UUIDField(help_text=_("The connection's row (tenants.SamlConnection)."))
    subject = models.CharField(max_length=512, help_text=_("NameID, trimmed and normalised (NFKC)."))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_id", "subject"], name="one_person_an_identity"),
            models.UniqueConstraint(fields=["user", "provider_id"], name="one_identity_a_person_and_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.user_id}"
