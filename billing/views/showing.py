"""Pages whose dates are told in the clock by which the tenant's months are counted."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from billing.models import Subscription


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, held: Subscription, status: int = 200
) -> HttpResponse:
    """The page with its dates in the subscription's zone."""
    with timezone.override(ZoneInfo(held.zone)):
        return render(request, template, context, status=status)
