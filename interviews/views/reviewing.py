"""The workspace's forms: the own ratings, why they differ from the AI's, and what people agreed on."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import User
from interviews.models import Interview, Review
from interviews.selectors import scope
from interviews.services import consensus, disagreements, results, reviews, standing
from interviews.views.portal import MADE_ANEW, see_interview, show_workspace
from interviews.views.staff import staff

JSON, HTML = "application/json", "text/html"
WITHDREW = gettext_lazy("The candidate withdrew: nothing more is written about them.")


@require_POST
@staff
def review(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """Submit the viewer's own ratings; what is incomplete is kept as a draft."""
    try:
        _save(request, user, interview_id, submit=True)
        messages.success(request, _("Your review is in."))
    except (reviews.ReviewIncomplete, ValueError):
        return _not_submitted(request, user, interview_id)
    except (reviews.ReviewSubmitted, reviews.NotReviewable):
        messages.error(request, _("This review can't be changed: it was submitted, or the interview is not finished."))
    return see_interview(interview_id)


def _not_submitted(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    # The page says that nothing was submitted, and shows what is stored.
    with suppress(reviews.ReviewSubmitted, reviews.StaleReview, ValueError):
        _save(request, user, interview_id, submit=False)
    error = _("Rate every competency, 1 to 5 or N for no evidence. Nothing was submitted.")
    return show_workspace(
        request, user, interview_id, status=400, review_error=error, typed=request.POST, mark_missing=True
    )


@require_POST
@staff
def review_draft(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """Keep the ratings so far: JSON for the script that saves, the page again for who pressed a button."""
    scripted = request.get_preferred_type([JSON, HTML]) != HTML
    try:
        saved = _save(request, user, interview_id, submit=False)
    except reviews.StaleReview as error:
        held = {key: {"level": _word(rating), "note": rating.note} for key, rating in error.held.items()}
        told = {"reason": "stale", "version": error.version, "ratings": held}
        words = _(
            "Another tab saved meanwhile. Nothing was overwritten; what you chose is here. Save again to keep it."
        )
        return JsonResponse(told, status=409) if scripted else _again(request, user, interview_id, 409, words)
    except (reviews.ReviewSubmitted, reviews.NotReviewable):
        if not scripted:
            messages.error(request, _("This review can't be changed any more."))
            return see_interview(interview_id)
        return JsonResponse({"reason": "closed"}, status=409)
    except (reviews.ReviewIncomplete, ValueError):
        words = _("Not saved: a note is too long or holds unusual characters.")
        return (
            JsonResponse({"reason": "refused"}, status=400)
            if scripted
            else _again(request, user, interview_id, 400, words)
        )
    if scripted:
        return JsonResponse({"version": saved.draft_version, "saved_at": saved.saved_at})
    messages.success(request, _("Draft saved."))
    return see_interview(interview_id)


def _again(request: HttpRequest, user: User, interview_id: UUID, status: int, words: str) -> HttpResponse:
    """The page with what was chosen on it, which follows what is stored now."""
    return show_workspace(request, user, interview_id, status=status, review_error=words, typed=request.POST)


def _save(request: HttpRequest, user: User, interview_id: UUID, *, submit: bool) -> Review:
    """:raises ValueError: for a level or a version that is none."""
    follows = request.POST.get("draft_version", "")
    return reviews.save_review(
        interview_id=interview_id,
        by=user,
        ratings=_levels(request, user, interview_id, "rating", "note"),
        submit=submit,
        follows=int(follows) if follows else None,
        opened=request.POST.get("opened", ""),
    )


def _levels(request: HttpRequest, user: User, interview_id: UUID, rating: str, note: str) -> dict[UUID, Any]:
    """The form's fields `<rating>-<key>` (1 to 5 or N) and `<note>-<key>`.

    :raises ValueError: for a level that is none.
    """
    found = {}
    for competency in _interview(user, interview_id).version.competencies.all():
        level = request.POST.get(f"{rating}-{competency.key}", "")
        words = request.POST.get(f"{note}-{competency.key}", "")
        if level or words.strip():
            chosen = int(level) if level not in ("", "N") else None
            found[competency.pk] = reviews.OwnRating(chosen, words, rated=bool(level))
    return found


def _interview(user: User, interview_id: UUID) -> Interview:
    return scope.interviews_of(user).select_related("version").get(pk=interview_id)


def _named(request: HttpRequest, field: str) -> UUID | None:
    """The id in a hidden field; None if it is empty.

    :raises ValueError: for one that is none.
    """
    return UUID(request.POST[field]) if request.POST.get(field) else None


def _word(rating: reviews.OwnRating) -> str:
    return str(rating.level or "N") if rating.rated else ""


@require_POST
@staff
def disagree(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """Why the viewer's levels are others than the AI's: fields `reason-<key>`, `words-<key>` and `result`."""
    keys = [name.removeprefix("reason-") for name in request.POST if name.startswith("reason-")]
    given = {
        key: disagreements.Reason(request.POST[f"reason-{key}"], request.POST.get(f"words-{key}", "")) for key in keys
    }
    try:
        result = _named(request, "result")
        disagreements.explain(interview_id=interview_id, by=user, reasons=given, result=result)
        messages.success(request, _("Your reasons are saved. They can change until somebody decides."))
    except ValueError:
        error = _("Choose a reason where you are two levels or more apart. Nothing was saved.")
        return show_workspace(request, user, interview_id, status=400, disagree_error=error, typed=request.POST)
    except disagreements.NothingToCompare:
        messages.error(request, _("There is nothing to compare yet: submit your own review first."))
    except disagreements.DecidedAlready:
        messages.error(request, _("Somebody has decided: the reasons stand as they are."))
    except standing.Withdrawn:
        messages.error(request, WITHDREW)
    except results.ResultMadeAnew:
        messages.error(request, MADE_ANEW)
        return show_workspace(request, user, interview_id, status=409, typed=request.POST)
    return see_interview(interview_id)


@require_POST
@staff
def agree(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """What the raters agreed on: fields `agreed-<key>`, `agreed-note-<key>`, `rests_on` and `seen`."""
    try:
        consensus.record(
            interview_id=interview_id,
            by=user,
            levels=_levels(request, user, interview_id, "agreed", "agreed-note"),
            rests_on=[UUID(value) for value in request.POST.getlist("rests_on")],
            seen=_named(request, "seen"),
        )
        messages.success(request, _("The consensus is recorded under your name."))
    except consensus.TooFewRaters:
        messages.error(
            request, _("A consensus rests on the submitted reviews of two people or more, yours among them.")
        )
    except consensus.ReviewLeftOut:
        messages.error(request, _("Somebody submitted a review that your page did not show. Look at it first."))
    except standing.Withdrawn:
        messages.error(request, WITHDREW)
    except consensus.AgreedMeanwhile:
        messages.error(request, _("Somebody recorded a consensus meanwhile. Look at it first."))
    except ValueError:
        error = _("Choose a level, 1 to 5 or no evidence, for every competency. Nothing was recorded.")
        return show_workspace(request, user, interview_id, status=400, consensus_error=error, typed=request.POST)
    return see_interview(interview_id)
