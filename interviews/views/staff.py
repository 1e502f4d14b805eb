"""What every portal page shares: who may see it, and how it refuses."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import User
from accounts.roles import NotPermitted, NotWhileReadOnly
from accounts.views.guard import while_read_only
from interviews.models import Contest, Evaluation, Interview, Job, JobVersion, PlanDraft, Turn
from interviews.services import reading

P = ParamSpec("P")
ROWS = (Interview, Job, JobVersion, PlanDraft, Turn, Evaluation, Contest)
MISSING = (reading.NotFound, *(row.DoesNotExist for row in ROWS))
View = Callable[Concatenate[HttpRequest, User, P], HttpResponse]


def staff(view: View[P]) -> Callable[..., HttpResponse]:
    """Signed-in people of this tenant; what a role may not is a 403, what does not exist a 404.

    What is off while the tenant is not paid for is a 402 that says so.
    """

    @wraps(view)
    @login_required
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        assert isinstance(request.user, User)
        try:
            return view(request, request.user, *args, **kwargs)
        except NotWhileReadOnly:
            return while_read_only(request)
        except NotPermitted as error:
            raise PermissionDenied from error
        except MISSING as error:
            raise Http404 from error

    return checked
