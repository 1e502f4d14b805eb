"""Calibration: how people rate beside each other and beside the AI."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from interviews.services import calibration as figures
from interviews.views.staff import staff


@require_safe
@staff
def calibration(request: HttpRequest, user: User) -> HttpResponse:
    return render(request, "interviews/portal/calibration.html", figures.show(by=user) | {"fewest": figures.FEWEST})
