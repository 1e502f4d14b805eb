"""What stands in the addresses and the forms that the isolation walk asks for."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from accounts.models import ScimGroup, TeamInvitation, User
from accounts.roles import Role
from billing.models import Invoice, Plan
from core.testing import HOME
from interviews.models import CandidateRequest, CompetencyRating, Consensus, Contest, PlanDraft
from interviews.services import feedback
from interviews.tests import make, resumed
from tenants.models import ApiKey, CustomDomain, EmailDomain, SupportGrant
from tenants.tests import idps
from tests import two_tenants
from tests.two_tenants import World

Arguments = Callable[[World], list[Any]]
Data = Callable[[World], dict[str, Any]]


def nothing(world: World) -> list[Any]:
    return []


def interview(name: str) -> Arguments:
    return lambda world: [world.interviews[name].pk]


def turn(name: str) -> Arguments:
    return lambda world: [world.turn(name)]


def job(world: World) -> list[Any]:
    return [world.interviews["invited"].application.job_id]


def plan_draft(world: World) -> list[Any]:
    return [PlanDraft.objects.get().pk]


def older_version(world: World) -> list[Any]:
    return [*job(world), 1]


def a_plan(world: World) -> dict[str, Any]:
    """The form of a plan without a row, saved on what the page showed."""
    numbers = {"minutes": "30", "max_probes": "1", "max_probes_interview": "4", "evaluation_waits_hours": "0"}
    bars = {"threshold_hire": "70", "threshold_maybe": "50", "coverage_percent": "60"}
    return {"revision": "1", "title": "T", "competencies": "0", "questions": "0", "do": "save"} | numbers | bars


def a_budget(world: World) -> dict[str, Any]:
    return {"limit": "25.50", "at_limit": "stops", "warn_percent": "80", "seen": "0"}


def undecided(world: World) -> dict[str, Any]:
    return {"interview": str(world.interviews["reviewed"].pk)}


def review_request(world: World) -> list[Any]:
    return [world.interviews["submitted"].pk, "review"]


def contested(world: World) -> list[Any]:
    return [Contest.objects.get().pk]


def answered_question(world: World) -> dict[str, Any]:
    """The first question of the submitted interview, with all that is said about one."""
    turn_id = world.interviews["submitted"].turns.get(number=1).pk
    return {"turn": str(turn_id), "thumb": "down", "reason": "unclear", "words": "It had two questions in it."}


def evaluation(world: World) -> list[Any]:
    return [world.interviews["evaluation_failed"].evaluations.get().pk]


def request(world: World) -> list[Any]:
    return [CandidateRequest.objects.get(interview=world.interviews["request"]).pk]


def colleague(world: World) -> list[Any]:
    return [User.objects.get(email=f"{Role.REVIEWER}@staff.example").pk]


def team_invitation(world: World) -> list[Any]:
    return [TeamInvitation.objects.get().pk]


def invitation_by_key(world: World) -> dict[str, Any]:
    return {"job_id": str(job(world)[0]), "name": "Eve", "email": "eve@example.org"}


def group(world: World) -> list[Any]:
    return [ScimGroup.objects.get().pk]


def mail_domain(world: World) -> list[Any]:
    return [EmailDomain.objects.get(tenant__schema_name=HOME).pk]


def own_host(world: World) -> list[Any]:
    return [CustomDomain.objects.get(tenant__schema_name=HOME).pk]


def api_key(world: World) -> list[Any]:
    return [ApiKey.objects.get(tenant__schema_name=HOME).pk]


def support_grant(world: World) -> list[Any]:
    return [SupportGrant.objects.get(staff_email="open@platform.example").pk]


def support_asked(world: World) -> list[Any]:
    return [SupportGrant.objects.get(tenant__schema_name=HOME, status="requested").pk]


def invoice(world: World) -> list[Any]:
    return [Invoice.objects.get(subscription__tenant__schema_name=HOME).pk]


def larger_plan(world: World) -> list[Any]:
    return [Plan.objects.get(tenant__schema_name=HOME).pk]


def answer(world: World) -> dict[str, Any]:
    return {"answer": "An answer.", "idempotency_key": str(world.turn("running")), "draft_version": "1"}


def question(world: World) -> dict[str, Any]:
    return {"turn": str(world.turn("running")), "reason": "unclear", "words": "Which table?"}


def unread_letter(world: World) -> dict[str, Any]:
    return {"seen": feedback.draft(world.interviews["reviewed"], by=make.staff()).seen}


def levels(world: World) -> dict[str, Any]:
    return {f"rating-{row.key}": "3" for row in world.interviews["evaluated"].version.competencies.all()}


def reason(world: World) -> dict[str, Any]:
    """Why they differ from the AI, for every competency of which they do."""
    rated = CompetencyRating.objects.filter(evaluation__interview=world.interviews["reviewed"])
    codes = {f"reason-{row.competency.key}": "missed" for row in rated.exclude(level=4).filter(withheld="")}
    return codes | {"result": str(make.result_of(world.interviews["reviewed"]))}


def decision(world: World) -> dict[str, Any]:
    """Another one, on the result that the page shows."""
    result = make.result_of(world.interviews["reviewed"])
    form = {"outcome": "reject", "reason_code": "missing_requirement", "reason_text": "No."}
    return form | {"result": str(result or "")}


def agreed(world: World) -> dict[str, Any]:
    """What everybody who rated agreed on, in place of what stands."""
    interview = world.interviews["reviewed"]
    levels = {f"agreed-{row.key}": "3" for row in interview.version.competencies.all()}
    standing = Consensus.objects.get(interview=interview, superseded_by=None)
    rests_on = [str(review.pk) for review in interview.reviews.filter(status="submitted")]
    return levels | {"seen": str(standing.pk), "rests_on": rests_on}


def managed_job(world: World) -> list[Any]:
    return [*job(world), User.objects.get(email=f"{Role.HIRING_MANAGER}@staff.example").pk]


def rated_interview(world: World) -> list[Any]:
    return [world.interviews["running"].pk, User.objects.get(email=f"{Role.REVIEWER}@staff.example").pk]


def person(role: str) -> Data:
    """Somebody with this role to whom nothing is assigned."""
    return lambda world: {"user": User.objects.get(email=two_tenants.unassigned(role)).pk}


def resume_file(world: World) -> dict[str, Any]:
    return {"file": resumed.file("Ada Lovelace", "Skills", "Rust")}


def metadata(world: World) -> dict[str, Any]:
    return {"xml": idps.metadata().decode()}


def fixed(**data: Any) -> Data:
    return lambda world: data


DESCRIPTION = (
    "Bakery shift leader. You plan the night shift, train new bakers, keep the budget for flour and butter, deal with"
    " complaints of customers and write the reports about every batch that failed."
)
COMPANY = fixed(company="Gamma", subdomain="gamma", owner_name="Olga", email="olga@gamma.example", plan_code="starter")
BILLED = fixed(company="Alpha", line1="Rua da Prata 80", city="Lisbon", country="PT", email="bills@alpha.example")
CLOSE = fixed(subdomain="alpha", password=make.PASSWORD)
NO_ROW: Arguments = lambda world: [UUID(int=1)]  # noqa: E731
INVITATION = fixed(name="Eve", email="eve@example.org", days_valid="7")
LINK: Arguments = lambda world: [world.tokens["running"]]  # noqa: E731

NEW_PASSWORD = fixed(current=make.PASSWORD, password="quite-another-one", again="quite-another-one")

ASKED = fixed(userName="gina@staff.example", emails=[{"value": "gina@staff.example"}], displayName="Gina")
