"""Plans in the platform's admin: terms are never edited, a new version is added in their place."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.models import Plan
from billing.services import plans

OFFER = ("withdrawn_at", "stripe_price")
TERMS = (
    *("name", "family", "tenant", "price_usd", "interviews_a_month", "overage_price_usd", "most_overage"),
    *("trial_interviews", "trial_days", "seats", "turns_at_once", "api_calls_a_minute", "retention_days", "sla"),
    *("sso", "scim", "own_keys", "custom_domain", "voice"),
)


class PlanForm(forms.ModelForm):
    """The terms of a plan that is added. `after` is the newest version of the family that the person saw."""

    after = forms.IntegerField(widget=forms.HiddenInput, initial=0, min_value=0)

    class Meta:
        model = Plan
        fields = (*TERMS, "stripe_price")
        widgets = {"retention_days": UnfoldAdminTextInputWidget}
        help_texts = {"retention_days": _("For how many days data may be kept: the choices, with commas between.")}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "tenant" in self.errors and hasattr(self.data, "copy"):
            self.data = self.data.copy()
            self.data["tenant"] = ""  # what is no id can't be looked up to be shown again
        if bool(given.get("most_overage")) != (given.get("overage_price_usd") is not None):
            self.add_error("most_overage", _("Interviews beyond the included need a price, and a price a number."))
        tenant, family = given.get("tenant"), given.get("family", "")
        if family and plans.is_others(family, tenant):
            self.add_error("family", _("This family is another one's: give a contract a family of its own."))
        elif family and plans.versions(family) != given.get("after"):
            message = _("There are other versions of it than this page showed. Begin from the newest one.")
            self.add_error("family", message)
        return given


@admin.register(Plan)
class PlanAdmin(ModelAdmin):
    """Each row is a version; a plan with a tenant is that tenant's contract."""

    list_display = ("name", "version", "whose", "price_usd", "interviews_a_month", "withdrawn_at")
    list_filter = ("family", ("withdrawn_at", admin.EmptyFieldListFilter), ("tenant", admin.EmptyFieldListFilter))
    list_select_related = ("tenant",)
    search_fields = ("name", "code", "tenant__name")
    ordering = ("price_usd", "family", "-version")
    autocomplete_fields = ("tenant",)
    actions_detail = ("new_version",)

    @admin.display(description=_("On offer to"))
    def whose(self, plan: Plan) -> str:
        return plan.tenant.name if plan.tenant else str(_("everybody"))

    def get_form(self, request: HttpRequest, obj: Plan | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs | ({} if obj else {"form": PlanForm}))

    def get_fields(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        return (*TERMS, "stripe_price", "after") if obj is None else ("code", "version", *TERMS, *OFFER)

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        return () if obj is None else ("code", "version", *TERMS)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The terms of the plan that the new version is made from."""
        base = Plan.objects.filter(pk=request.GET.get("from", "")).first()
        if base is None:
            return {"after": 0}
        return model_to_dict(base, fields=TERMS) | {"after": plans.versions(base.family)}

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        if change:
            plans.change_offer(obj)
        else:
            plans.add_version(obj, after=form.cleaned_data["after"])

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except plans.VersionTaken:
            messages.error(request, _("Somebody added a version of this plan meanwhile. Nothing was added now."))
            return redirect("admin:billing_plan_changelist")

    @action(description=_("New version from this one"), url_path="new-version")  # type: ignore[untyped-decorator]
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(f"{reverse('admin:billing_plan_add')}?{urlencode({'from': object_id})}")
