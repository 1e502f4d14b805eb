"""Where Stripe sends its messages: the platform's own host."""

from django.urls import path

from billing.views import webhook

urlpatterns = [path("stripe/webhook", webhook.receive, name="stripe_webhook")]
