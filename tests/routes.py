"""Who may do what on which address: the table that the isolation walk holds every URL pattern against."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.roles import Role
from interviews.models import CandidateRequest
from tests.two_tenants import World

ROLES = frozenset(Role.values)
VIEW = ROLES - {Role.AUDITOR}
DECIDE = VIEW - {Role.REVIEWER}
INVITE = DECIDE - {Role.HIRING_MANAGER}
MANAGE = frozenset({Role.OWNER, Role.ADMIN})
CANDIDATE = frozenset({"candidate"})
PROGRAM = frozenset({"token"})
FOREIGN = frozenset({"beta candidate", "beta token", "beta owner", "beta auditor", "platform admin"})
STRANGERS = frozenset({"anonymous", "another candidate"})
EVERYBODY = ROLES | CANDIDATE | PROGRAM | FOREIGN | STRANGERS
NOBODY: frozenset[str] = frozenset()

Arguments = Callable[[World], list[Any]]
Data = Callable[[World], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """Who may look (GET, HEAD) and who may act (POST, with `data`); everybody else is refused and writes nothing.

    `writes`: acting stores something. `json`: the body is JSON beside an idempotency key.
    `other`: the rest of the methods is answered too, to everybody and without a row (a class-based page).
    """

    arguments: Arguments
    look: frozenset[str] = NOBODY
    act: frozenset[str] = NOBODY
    data: Data = lambda world: {}
    writes: bool = True
    json: bool = False
    other: bool = False


def nothing(world: World) -> list[Any]:
    return []


def interview(name: str) -> Arguments:
    return lambda world: [world.interviews[name].pk]


def turn(name: str) -> Arguments:
    return lambda world: [world.turn(name)]


def job(world: World) -> list[Any]:
    return [world.interviews["invited"].application.job_id]


def contest(world: World) -> list[Any]:
    return [world.interviews["submitted"].pk, "contest"]


def evaluation(world: World) -> list[Any]:
    return [world.interviews["evaluation_failed"].evaluations.get().pk]


def request(world: World) -> list[Any]:
    return [CandidateRequest.objects.get(interview=world.interviews["request"]).pk]


def answer(world: World) -> dict[str, Any]:
    return {"answer": "An answer.", "idempotency_key": str(world.turn("running")), "draft_version": "1"}


def question(world: World) -> dict[str, Any]:
    return {"turn": str(world.turn("running")), "reason": "unclear", "words": "Which table?"}


def levels(world: World) -> dict[str, Any]:
    return {f"rating-{row.key}": "3" for row in world.interviews["evaluated"].version.competencies.all()}


def fixed(**data: Any) -> Data:
    return lambda world: data


DECISION = fixed(outcome="reject", reason_code="missing_requirement", reason_text="No.")
INVITATION = fixed(name="Eve", email="eve@example.org", days_valid="7")
LINK: Arguments = lambda world: [world.tokens["running"]]  # noqa: E731

PUBLIC: dict[str, Route] = {
    "home": Route(nothing, EVERYBODY),
    "branding": Route(nothing, EVERYBODY),
    "mailbox": Route(nothing, EVERYBODY, other=True),  # on loopback alone: core.views
    "mailbox-message": Route(lambda world: ["nobody-wrote-this"]),
}
API: dict[str, Route] = {
    "api-schema": Route(nothing, EVERYBODY),
    "api_optimization_stats": Route(nothing, frozenset({"platform admin"})),
}
ADMIN_MODELS = (
    *("core_due", "accounts_user", "tenants_tenant", "tenants_domain"),
    *("billing_plan", "billing_subscription", "billing_quotaperiod"),
    *("llm_account", "llm_offer", "llm_ownkey", "llm_budget", "llm_usagehour", "llm_experiment", "llm_batch"),
)
ADMIN_OPEN = frozenset({"admin:login", "admin:logout"})
ADMIN: frozenset[str] = frozenset({"api_optimization_stats"}) | frozenset(
    f"admin:{name}"
    for name in (
        *("index", "login", "logout", "search", "app_list", "autocomplete", "jsi18n", "view_on_site"),
        *("password_change", "password_change_done", "auth_user_password_change"),
        "llm_usagehour_calls",
        *(f"{model}_{page}" for model in ADMIN_MODELS for page in ("changelist", "add", "history", "delete", "change")),
    )
)
TENANT: dict[str, Route] = {
    "branding": Route(nothing, EVERYBODY),
    "logo": Route(nothing),
    "api-schema": Route(nothing, EVERYBODY),
    "candidate_link": Route(LINK, EVERYBODY),
    "candidate_home": Route(interview("invited"), CANDIDATE, CANDIDATE),
    "candidate_consent": Route(interview("opened"), CANDIDATE, CANDIDATE, fixed(choice="accept", ai_evaluation="on")),
    "candidate_adjustment": Route(interview("opened"), CANDIDATE, CANDIDATE, fixed(adjustments="breaks")),
    "candidate_notice": Route(interview("running"), CANDIDATE),
    "candidate_ready": Route(interview("consented"), CANDIDATE, CANDIDATE),
    "candidate_answer": Route(interview("running"), NOBODY, CANDIDATE, answer),
    "candidate_draft": Route(interview("running"), NOBODY, CANDIDATE, answer),
    "candidate_retry": Route(interview("failed"), NOBODY, CANDIDATE),
    "candidate_state": Route(interview("running"), CANDIDATE),
    "candidate_pause": Route(interview("running"), CANDIDATE, CANDIDATE),
    "candidate_resume": Route(interview("paused"), NOBODY, CANDIDATE),
    "candidate_skip": Route(interview("running"), CANDIDATE, CANDIDATE, question),
    "candidate_flag": Route(interview("running"), CANDIDATE, CANDIDATE, question),
    "candidate_help": Route(interview("running"), CANDIDATE),
    "candidate_review": Route(interview("finished"), CANDIDATE, CANDIDATE, fixed(closing="Thank you.")),
    "api_ticket": Route(interview("running"), CANDIDATE | PROGRAM),
    "candidate_receipt": Route(interview("submitted"), CANDIDATE),
    "candidate_answers": Route(interview("submitted"), CANDIDATE),
    "candidate_rate": Route(interview("submitted"), NOBODY, CANDIDATE, fixed(stars="4")),
    "candidate_ask": Route(contest, CANDIDATE, CANDIDATE, fixed(question="1", words="It had two questions in it.")),
    "candidate_withdraw": Route(interview("submitted"), CANDIDATE, CANDIDATE),
    "api_turns": Route(interview("running"), NOBODY, CANDIDATE | PROGRAM, answer, json=True),
    "api_optimization_stats": Route(nothing, frozenset({Role.OWNER, Role.ADMIN})),
    "api_turn": Route(turn("running"), CANDIDATE | PROGRAM),
    "portal_home": Route(nothing, ROLES),
    "portal_login": Route(nothing, EVERYBODY, EVERYBODY, writes=False, other=True),
    "portal_logout": Route(nothing, NOBODY, EVERYBODY, writes=False),
    "portal_jobs": Route(nothing, ROLES),
    "portal_job": Route(job, ROLES),
    "portal_invite": Route(job, INVITE, INVITE, INVITATION),
    "portal_job_settings": Route(job, MANAGE, MANAGE, fixed(evaluation_waits_hours="6", follows="1")),
    "portal_candidates": Route(nothing, VIEW),
    "portal_interview": Route(interview("decided"), VIEW),
    "portal_new_link": Route(interview("invited"), NOBODY, INVITE),
    "portal_review": Route(interview("evaluated"), NOBODY, VIEW, levels),
    "portal_review_draft": Route(interview("evaluated"), NOBODY, VIEW, levels),
    "portal_decide": Route(interview("reviewed"), NOBODY, DECIDE, DECISION),
    "portal_retry_turn": Route(turn("failed"), NOBODY, VIEW),
    "portal_retry_evaluation": Route(evaluation, NOBODY, VIEW),
    "portal_handle_request": Route(request, NOBODY, INVITE),
}
