"""Billing of a tenant, on its host."""

from django.urls import path

from billing.views import acts, overview, plan

urlpatterns = [
    path("billing/", overview.index, name="billing"),
    path("billing/details/", overview.details, name="billing_details"),
    path("billing/plan/", plan.plans_page, name="billing_plan"),
    path("billing/plan/stay/", plan.stay, name="billing_stay"),
    path("billing/plan/<slug:code>/", plan.choose, name="billing_choose"),
    path("billing/beyond/", acts.overage, name="billing_overage"),
    path("billing/cancel/", acts.cancel, name="billing_cancel"),
    path("billing/keep/", acts.keep, name="billing_keep"),
]
