"""The page on which the platform's staff does one thing to a tenant's subscription, and says why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from billing.admin import refusals
from billing.models import Subscription
from billing.models.quota import MOST_CREDITS
from billing.selectors import previews, staff
from billing.services import months, plan_changes, plans, staff_acts
from billing.services.granting import MOST_TRIAL_DAYS, BadGrant
from billing.services.subscriptions import NotNow
from core.state import TransitionNotAllowed
from core.tenancy import UnknownTenant
from tenants.admin.reasons import ReasonField

Status = Subscription.Status
WHEN = [("now", gettext_lazy("Now, the rest of the period in proportion")), ("renewal", gettext_lazy("At the renewal"))]


class ActForm(forms.Form):
    """Why, and the subscription as it was shown."""

    reason = ReasonField(gettext_lazy("The tenant reads it in its audit trail: name the ticket or the agreement."))
    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)

    previews: tuple[plan_changes.Preview, ...] = ()  # what each choice would come to now

    def __init__(self, *args: Any, held: Subscription, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held
        self.order_fields([name for name in self.fields if name not in ("reason", "seen")])


class PlanForm(ActForm):
    code = forms.ChoiceField(label=gettext_lazy("Plan"), widget=UnfoldAdminSelectWidget)
    when = forms.ChoiceField(label=gettext_lazy("When"), choices=WHEN, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, held: Subscription, **kwargs: Any) -> None:
        super().__init__(*args, held=held, **kwargs)
        found = [plan for plan in plans.offered(held.tenant) if plan.pk != held.plan_id]
        choice: Any = self.fields["code"]
        choice.choices = [(plan.pk, f"{plan}: ${plan.price_usd}, {plan.interviews_a_month}") for plan in found]
        self.previews = previews.of(held, found)


class CreditForm(ActForm):
    interviews = forms.IntegerField(
        label=gettext_lazy("Interviews"),
        min_value=1,
        max_value=MOST_CREDITS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("For the period that runs now; what is left at its end expires."),
    )
    sure = forms.BooleanField(
        label=gettext_lazy("Yes, more than a whole month of the plan"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("Only needed for more interviews at once than the plan includes in a month."),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        is_sure, month = given.pop("sure", False), self.held.plan.interviews_a_month
        if given.get("interviews", 0) > month and not is_sure:
            said = _("That is more than the plan includes in a month (%(month)d). If it is meant so, say yes here.")
            self.add_error("sure", said % {"month": month})
        return given


class TrialForm(ActForm):
    days = forms.IntegerField(
        label=gettext_lazy("Days more"), min_value=1, max_value=MOST_TRIAL_DAYS, widget=UnfoldAdminIntegerFieldWidget
    )


class OverageForm(ActForm):
    limit = forms.IntegerField(
        label=gettext_lazy("Interviews beyond the included, in each period"),
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("The tenant pays for each; the plan says how many at most."),
    )


class ZoneForm(ActForm):
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[(name, name) for name in months.zones()],
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("In whose clock months and days are counted, from the next period on."),
    )

    def __init__(self, *args: Any, held: Subscription, **kwargs: Any) -> None:
        super().__init__(*args, held=held, **kwargs)
        self.fields["zone"].initial = held.zone


@dataclass(frozen=True, slots=True)
class Act:
    """`when` it makes sense, so that a page offers it; the service decides."""

    title: Promise
    does: Promise
    call: Callable[..., Any]
    when: Callable[[Subscription], bool]
    form: type[ActForm] = ActForm
    grave: bool = False


def _served(held: Subscription) -> bool:
    return held.status in Subscription.SERVED


def _never_paid(held: Subscription) -> bool:
    """On trial, or after it."""
    return held.trial_ends_at is not None


def _begins(held: Subscription) -> bool:
    return held.status in plan_changes.UNPAID and held.past_due_since is None and held.stopped_by_staff_at is None


def _unpaid(held: Subscription) -> bool:
    overdue = held.status in (Status.PAST_DUE, Status.READ_ONLY) and not _never_paid(held)
    return overdue or held.stopped_by_staff_at is not None


ACTS: dict[str, Act] = {
    "plan": Act(
        gettext_lazy("Change the plan"),
        gettext_lazy("Also to a smaller one. A plan that is smaller than what is in use is refused, with the reasons."),
        staff_acts.change_plan,
        lambda held: _served(held) or _begins(held),
        PlanForm,
    ),
    "credit": Act(
        gettext_lazy("Give interviews"),
        gettext_lazy("They cost the tenant nothing; what was charged beyond the included is taken back so far."),
        staff_acts.credit,
        _served,
        CreditForm,
    ),
    "trial": Act(
        gettext_lazy("Extend the trial"),
        gettext_lazy("From its end, or from now if it is over. The number of interviews stays the same."),
        staff_acts.extend_trial,
        lambda held: _never_paid(held) and held.status != Status.CANCELLED,
        TrialForm,
    ),
    "overage": Act(
        gettext_lazy("Allow interviews beyond the included"),
        gettext_lazy("As the tenant itself may on its page of billing."),
        staff_acts.allow_overage,
        lambda held: held.status != Status.TRIALING and held.plan.most_overage > 0,
        OverageForm,
    ),
    "zone": Act(
        gettext_lazy("Set the time zone"),
        gettext_lazy("The period that runs ends as it was to; pages and mail show dates in it at once."),
        staff_acts.set_zone,
        lambda held: held.collection == Subscription.Collection.INVOICE,
        ZoneForm,
    ),
    "begin": Act(
        gettext_lazy("Begin to pay by invoice"),
        gettext_lazy("The first month begins at once and is on the next invoice."),
        staff_acts.begin,
        _begins,
    ),
    "cancel": Act(
        gettext_lazy("Cancel for the end of the period"),
        gettext_lazy("Until then everything goes on; then everything can be read and nothing begins."),
        staff_acts.cancel,
        lambda held: _served(held) and held.cancels_at is None,
        grave=True,
    ),
    "keep": Act(
        gettext_lazy("Take the cancellation back"),
        gettext_lazy("The subscription goes on."),
        staff_acts.keep,
        lambda held: _served(held) and held.cancels_at is not None,
    ),
    "stop": Act(
        gettext_lazy("Stop for want of payment"),
        gettext_lazy(
            "Read-only at once, until you let everything go on; a payment does not. Running interviews are finished."
        ),
        staff_acts.stop,
        lambda held: held.status in (Status.ACTIVE, Status.PAST_DUE),
        grave=True,
    ),
    "recover": Act(
        gettext_lazy("Let everything go on"),
        gettext_lazy("As if it had been paid. What is owed stays owed."),
        staff_acts.recover,
        _unpaid,
    ),
}


def offered(held: Subscription) -> list[tuple[str, Act]]:
    """The acts that make sense as the subscription stands."""
    return [(name, act) for name, act in ACTS.items() if act.when(held)]


def answer(admin: ModelAdmin, request: HttpRequest, subscription_id: UUID, name: str) -> HttpResponse:
    """The form, or back to the subscription when it is done."""
    if not may_act(request):
        raise PermissionDenied
    held, act = _found(subscription_id), ACTS.get(name)
    if held is None or act is None:
        raise Http404
    form = act.form(request.POST or None, held=held, initial={"seen": staff.fingerprint(held)})
    if request.method == "POST" and form.is_valid() and _done(form, act, held, request.user):
        admin.log_change(request, held, f"{act.title}: {form.cleaned_data['reason']}")
        messages.success(request, _("Done: %(act)s. The tenant's audit trail says so too.") % {"act": act.title})
        return redirect("admin:billing_subscription_change", held.pk)
    shared = admin.admin_site.each_context(request) | {"opts": admin.model._meta, "held": held, "form": form}
    context = shared | {"act": act, "title": act.title, "original": held}
    return TemplateResponse(request, "admin/billing/act.html", context, status=400 if form.errors else 200)


def may_act(request: HttpRequest) -> bool:
    """Acts need the right to change subscriptions, though their page shows none of it as a form."""
    return request.user.has_perm("billing.change_subscription")


def _found(subscription_id: UUID) -> Subscription | None:
    return Subscription.objects.select_related("tenant", "plan").filter(pk=subscription_id).first()


def _done(form: ActForm, act: Act, held: Subscription, by: Any) -> bool:
    """Whether it was done; what refuses it says why on the form."""
    given = dict(form.cleaned_data)
    asked = staff_acts.Asked(held.pk, given.pop("seen"), given.pop("reason"), by.pk)
    try:
        act.call(asked, **given)
    except (staff_acts.SeenOtherwise, plan_changes.ChangedMeanwhile):
        form.add_error(
            None, _("Somebody changed this subscription since you opened the page. Load it anew; nothing was done.")
        )
    except plan_changes.BelowUse as error:
        for reason in error.reasons:
            form.add_error(None, reason)
    except BadGrant as error:
        form.add_error(None, str(error))
    except staff_acts.PaidByCard as error:
        form.add_error(None, str(error))
    except refusals.OF_STRIPE as error:
        form.add_error(None, refusals.sentence(error))
    except (NotNow, TransitionNotAllowed):
        stands = held.get_status_display()
        form.add_error(
            None, _("That is not possible as it stands (%(stands)s). Nothing was done.") % {"stands": stands}
        )
    except (plans.UnknownPlan, UnknownTenant):
        form.add_error(None, _("That plan is no longer offered, or the tenant is closed. Nothing was done."))
    return not form.errors
