"""Plain error pages, and the development mailbox."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from core import errors, mailbox


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, "bad_request", "The request could not be read. Go back and try again.", "400.html")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, "forbidden", "This is not allowed.", "403.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, "not_found", "There is nothing here.", "404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; a database that is away, or has no connection left, is a 503 that says when to come back."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return errors.unavailable(request)
    if request.path.startswith("/api/"):
        return errors.problem(500, "server_error", "Something failed on our side. Try again in a moment.")
    return render(None, "500.html", status=500)  # no context processor: the database may be away


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = (
        "The form was open for too long, or your browser did not send our cookie. Reload the page and send it again."
    )
    return _page(request, 403, "csrf", detail, "403_csrf.html")


def _page(request: HttpRequest, status: int, code: str, detail: str, template: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return errors.problem(status, code, detail)
    return render(request, template, status=status)


def mailbox_list(request: HttpRequest) -> HttpResponse:
    """Every mail that this installation would have sent, newest first."""
    _loopback_only(request)
    return render(request, "public/mailbox.html", {"messages_list": mailbox.listing()})


def mailbox_message(request: HttpRequest, name: str) -> HttpResponse:
    _loopback_only(request)
    try:
        message = mailbox.read(name)
    except mailbox.NoSuchMail as error:
        raise Http404 from error
    return render(request, "public/mailbox_message.html", {"message": message})


def _loopback_only(request: HttpRequest) -> None:
    """The mailbox holds candidates' links: no other machine may read it, through a proxy neither."""
    if not mailbox.is_loopback(request.META.get("REMOTE_ADDR", "")) or "X-Forwarded-For" in request.headers:
        raise Http404
