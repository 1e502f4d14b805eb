"""Ways from the billing page to Stripe's pages, on a tenant's host."""

from django.urls import path

from billing.views import to_stripe

urlpatterns = [
    path("billing/checkout/", to_stripe.checkout, name="billing_checkout"),
    path("billing/stripe/", to_stripe.portal, name="billing_stripe"),
]
