"""Subscriptions that are paid by card, through Stripe.

Stripe's word is copied, never guessed: whatever an event says, what it speaks of is fetched as it is now (mirror), so
that neither the order nor the number of its messages matters. What people ask of Stripe is asked with nothing held
(client), and recorded by the same copying. Without a key all of it is off and hidden.
"""

from billing.services.stripe.client import is_on

__all__ = ["is_on"]
