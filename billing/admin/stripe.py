from collections import Counter

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.models import StripeEvent
from billing.services.stripe import inbox
from core.read_only import ReadOnlyAdmin
from core.state import TransitionNotAllowed


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    """What Stripe told: read-only but for following it once more."""

    list_display = ("type", "customer", "subscription", "status", "error", "attempts", "livemode", "received_at")
    list_filter = ("status", "type", "livemode", "error")
    search_fields = ("stripe_id", "customer", "object_id")
    search_help_text = _("An id at Stripe: of an event (evt_…), a customer (cus_…) or what it is about.")
    date_hierarchy = "received_at"
    list_select_related = ("subscription__tenant",)
    list_per_page = 50
    actions = ("follow_again",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Following needs the right to change messages, though nobody changes one."""
        return request.user.has_perm("billing.change_stripeevent")

    @admin.action(description=_("Follow again: copy what Stripe has now"), permissions=["replay"])
    def follow_again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        outcomes = Counter(self._again(row) for row in queryset)
        text = _("Owed again: %(owed)d. Of nobody here: %(unmatched)d. Waiting already: %(waits)d.")
        counts = {name: outcomes[name] for name in ("owed", "unmatched", "waits")}
        self.message_user(request, text % counts, messages.SUCCESS if counts["owed"] else messages.WARNING)

    def _again(self, row: StripeEvent) -> str:
        try:
            return str(inbox.replay(event_id=row.pk).status)
        except TransitionNotAllowed:
            return "waits"
