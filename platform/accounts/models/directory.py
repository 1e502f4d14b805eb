"""What a tenant's directory (SCIM) wrote of people and groups, beside the accounts themselves."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from core.ids import uuid7


class ScimUser(models.Model):
    """A person as the directory names them. Who has no such row is shown to it by name and address alone."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="scim"
    )
    user_name = models.CharField(max_length=254)
    external_id = models.CharField(max_length=254, blank=True)
    attributes = models.JSONField(default=dict, help_text="name, displayName and emails, as they were written.")
    made_here = models.BooleanField(default=False, help_text="The directory made the account.")
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("user_name"),
                condition=models.Q(deleted_at=None),
                name="one_person_a_user_name_of_the_directory",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ScimGroup(models.Model):
    """A group of the directory. What role its members get is said by the tenant, never by the directory."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    display_name = models.CharField(max_length=254)
    external_id = models.CharField(max_length=254, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="scim_groups")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("display_name"), name="one_group_a_name_of_the_directory")]

    def __str__(self) -> str:
        return str(self.pk)
