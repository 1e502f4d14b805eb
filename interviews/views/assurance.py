"""The page about what the evaluator can be trusted with."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from interviews.services import assurance
from interviews.views.staff import staff


@require_safe
@staff
def figures(request: HttpRequest, user: User) -> HttpResponse:
    return render(request, "interviews/portal/assurance.html", assurance.page(by=user))
