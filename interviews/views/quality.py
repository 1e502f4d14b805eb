"""The portal's page of how good evaluations are."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from interviews.services import quality_figures
from interviews.views.staff import staff

PAGE = "interviews/portal/quality.html"
CHOICES = {str(days): days for days in quality_figures.PERIODS}


@require_safe
@staff
def figures(request: HttpRequest, user: User) -> HttpResponse:
    asked = request.GET.get("days", str(quality_figures.PERIODS[0]))
    days = CHOICES.get(asked, quality_figures.PERIODS[0])
    found = quality_figures.read(by=user, days=days)
    context = {"figures": found, "days": days, "periods": CHOICES, "wrong": asked not in CHOICES}
    return render(request, PAGE, context, status=400 if context["wrong"] else 200)
