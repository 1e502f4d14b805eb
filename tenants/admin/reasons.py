"""Why the platform's staff acts on a tenant, as its admin asks for it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants.models.support import SHORTEST_REASON


class ReasonField(forms.CharField):
    """A sentence that the tenant reads. White space is one space each, before its length is looked at."""

    def __init__(self, help_text: Any) -> None:
        super().__init__(
            label=_("Reason"),
            min_length=SHORTEST_REASON,
            max_length=500,
            widget=UnfoldAdminTextareaWidget({"rows": 3}),
            help_text=help_text,
            error_messages={"min_length": _("Say in a sentence why.")},
        )

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())
