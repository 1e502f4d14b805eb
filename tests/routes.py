"""Who may do what on which address: the table that the isolation walk holds every URL pattern against."""

from dataclasses import dataclass

from accounts.roles import Role
from core.ids import uuid7
from interviews.tests import make
from tests.asked import (
    ASKED,
    BILLED,
    CLOSE,
    COMPANY,
    DESCRIPTION,
    INVITATION,
    LINK,
    NEW_PASSWORD,
    NO_ROW,
    Arguments,
    Data,
    a_budget,
    a_plan,
    agreed,
    answer,
    answered_question,
    api_key,
    colleague,
    contested,
    decision,
    evaluation,
    fixed,
    group,
    interview,
    invitation_by_key,
    invoice,
    job,
    larger_plan,
    levels,
    mail_domain,
    managed_job,
    metadata,
    nothing,
    older_version,
    own_host,
    person,
    plan_draft,
    question,
    rated_interview,
    reason,
    request,
    resume_file,
    review_request,
    support_asked,
    support_grant,
    team_invitation,
    turn,
    undecided,
    unread_letter,
)

ROLES = frozenset(Role.values)
UNASSIGNED = frozenset({"unassigned hiring_manager", "unassigned reviewer"})  # their lists are empty
VIEW = ROLES - {Role.AUDITOR}
DECIDE = VIEW - {Role.REVIEWER}
INVITE = DECIDE - {Role.HIRING_MANAGER}
MANAGE = frozenset({Role.OWNER, Role.ADMIN})
OWNER = frozenset({Role.OWNER})
AUDIT = MANAGE | {Role.AUDITOR}
STAFF = ROLES | UNASSIGNED
CANDIDATE = frozenset({"candidate"})
PROGRAM = frozenset({"token"})
KEY = frozenset({"key"})
DIRECTORY = frozenset({"directory"})
FOREIGN = frozenset(
    {"beta candidate", "beta token", "beta owner", "beta auditor", "beta key", "beta directory", "platform admin"}
)
SUPPORT = frozenset({"support"})  # to look only
STRANGERS = frozenset({"anonymous", "another candidate"})
EVERYBODY = ROLES | CANDIDATE | PROGRAM | FOREIGN | STRANGERS | UNASSIGNED | KEY | DIRECTORY | SUPPORT
NOBODY: frozenset[str] = frozenset()
ANYBODY = EVERYBODY - {"beta key"}  # a key of another tenant gets no page at all here
UNKNOWN = ANYBODY - SUPPORT  # support signs in and out by its grant alone


@dataclass(frozen=True, slots=True)
class Route:
    """Who may look (GET, HEAD) and who may act (POST, with `data`); everybody else is refused and writes nothing.

    `edit`: who may change and delete what stands there (PUT and PATCH, which refuse an empty body, and DELETE).
    `head`: who may look may ask for the headers alone. `writes`: acting stores something.
    `json`: the body is JSON; an idempotency key in it stands in the header too.
    `other`: the rest of the methods is answered too, to everybody and without a row (a class-based page).
    """

    arguments: Arguments
    look: frozenset[str] = NOBODY
    act: frozenset[str] = NOBODY
    data: Data = lambda world: {}
    edit: frozenset[str] = NOBODY
    head: bool = True
    writes: bool = True
    json: bool = False
    other: bool = False


PROGRAMS: dict[str, Route] = {
    "api_jobs": Route(nothing, KEY),
    "api_interviews": Route(nothing, KEY),
    "api_invitations": Route(nothing, NOBODY, KEY, invitation_by_key, json=True),
}
SCIM: dict[str, Route] = {
    **{
        name: Route(nothing, DIRECTORY, head=False) for name in ("scim_provider", "scim_resource_types", "scim_schemas")
    },
    "scim_resource_type": Route(lambda world: ["User"], DIRECTORY, head=False),
    "scim_schema": Route(lambda world: ["urn:ietf:params:scim:schemas:core:2.0:User"], DIRECTORY, head=False),
    "scim_unknown": Route(lambda world: ["User"]),
    "scim_users": Route(nothing, DIRECTORY, DIRECTORY, ASKED, json=True, head=False),
    "scim_user": Route(colleague, DIRECTORY, edit=DIRECTORY, head=False),
    "scim_groups": Route(nothing, DIRECTORY, DIRECTORY, fixed(displayName="Hiring"), json=True, head=False),
    "scim_group": Route(group, DIRECTORY, edit=DIRECTORY, head=False),
}
PUBLIC: dict[str, Route] = {
    "home": Route(nothing, EVERYBODY),
    "branding": Route(nothing, EVERYBODY),
    "signup": Route(nothing, EVERYBODY, EVERYBODY, COMPANY),
    "signup_hint": Route(nothing, EVERYBODY),
    "signup_sent": Route(nothing, EVERYBODY),
    "signup_confirm": Route(lambda world: ["nobody-sent-this"]),
    "signup_progress": Route(lambda world: ["nobody-signed-this"]),
    "stripe_webhook": Route(nothing),  # off without a key: tests.payments
    "find_company": Route(nothing, EVERYBODY, EVERYBODY, fixed(email="ada@nowhere.example"), writes=False),
    "mailbox": Route(nothing, EVERYBODY, other=True),  # on loopback alone: core.views
    "mailbox-message": Route(lambda world: ["nobody-wrote-this"]),
}
API: dict[str, Route] = {
    "api-schema": Route(nothing, EVERYBODY),
    "api_optimization_stats": Route(nothing, frozenset({"platform admin"})),
    **PROGRAMS,
}
TENANT: dict[str, Route] = {
    "support_enter": Route(lambda world: ["no-link"]),
    "support_leave": Route(nothing, NOBODY, SUPPORT),
    "support_settings": Route(nothing, MANAGE, MANAGE, fixed(needs_approval="on")),
    "support_grant": Route(support_grant, MANAGE),
    "support_approve": Route(support_asked, NOBODY, MANAGE),
    "support_refuse": Route(support_asked, NOBODY, MANAGE),
    "support_revoke": Route(support_grant, NOBODY, MANAGE),
    "branding": Route(nothing, ANYBODY),
    "logo": Route(nothing),
    "api-schema": Route(nothing, ANYBODY),
    "saml_metadata": Route(nothing),  # neither tenant of the walk has a connection: tests.saml
    "saml_login": Route(nothing),
    "saml_test": Route(nothing),
    "saml_acs": Route(nothing),
    "saml_slo": Route(nothing),
    "candidate_link": Route(LINK, ANYBODY),
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
    "candidate_ask": Route(review_request, CANDIDATE, CANDIDATE, fixed(words="It had two questions in it.")),
    "candidate_thumb": Route(interview("submitted"), NOBODY, CANDIDATE, answered_question),
    "candidate_contest": Route(interview("submitted"), CANDIDATE, CANDIDATE, answered_question),
    "candidate_letter": Route(interview("submitted"), CANDIDATE),
    "candidate_withdraw": Route(interview("submitted"), CANDIDATE, CANDIDATE),
    "api_turns": Route(interview("running"), NOBODY, CANDIDATE | PROGRAM, answer, json=True),
    "api_optimization_stats": Route(nothing, MANAGE | KEY),
    "api_turn": Route(turn("running"), CANDIDATE | PROGRAM),
    "billing_invoice_pdf": Route(invoice, MANAGE),
    "settings": Route(nothing, MANAGE),
    "settings_branding": Route(nothing, MANAGE, MANAGE, fixed(brand_color="#0f766e")),
    "settings_domains": Route(nothing, MANAGE, MANAGE, fixed(host="interviews.acme.com")),
    "settings_domain_platform": Route(nothing, NOBODY, MANAGE),
    "settings_domain_check": Route(NO_ROW),
    "settings_domain_primary": Route(NO_ROW),
    "settings_domain_remove": Route(own_host, NOBODY, MANAGE),
    "billing": Route(nothing, MANAGE),
    "billing_details": Route(nothing, MANAGE, MANAGE, BILLED),
    "billing_plan": Route(nothing, MANAGE),
    "billing_stay": Route(nothing, NOBODY, MANAGE, fixed(shown="tests")),
    "billing_choose": Route(larger_plan, MANAGE, MANAGE, fixed(when="now", shown="tests")),
    "billing_overage": Route(nothing, MANAGE, MANAGE, fixed(limit="0")),
    "billing_cancel": Route(nothing, MANAGE, MANAGE),
    "billing_keep": Route(nothing, NOBODY, MANAGE, writes=False),
    "billing_checkout": Route(nothing),  # off without a key: tests.payments
    "billing_stripe": Route(nothing),
    "settings_close": Route(nothing, OWNER, OWNER, CLOSE),
    "settings_close_cancel": Route(nothing, NOBODY, OWNER, writes=False),
    "settings_export": Route(nothing, NOBODY, OWNER),
    "settings_export_download": Route(NO_ROW),
    "portal_home": Route(nothing, ROLES | UNASSIGNED | SUPPORT),
    "account_second_factor": Route(nothing, UNKNOWN, UNKNOWN, writes=False),  # leads to the sign-in
    "account_passkey_question": Route(nothing, NOBODY, UNKNOWN, writes=False),
    "account_passkey_answer": Route(nothing, NOBODY, UNKNOWN, fixed(answer="{}"), writes=False),
    "account": Route(nothing, STAFF),
    "account_confirm": Route(nothing, STAFF, STAFF, fixed(secret=make.PASSWORD)),
    "account_password": Route(nothing, STAFF, STAFF, NEW_PASSWORD),
    "account_set_up": Route(nothing, STAFF, STAFF, fixed(code="000000")),
    "account_app_remove": Route(nothing, NOBODY, STAFF),
    "account_codes": Route(nothing, NOBODY, STAFF, writes=False),
    "account_passkey_new": Route(nothing, NOBODY, STAFF, writes=False),
    "account_passkey_add": Route(nothing, NOBODY, STAFF),
    "account_passkey_remove": Route(lambda world: [uuid7()], NOBODY, STAFF),
    "account_sessions_end": Route(nothing, NOBODY, STAFF),
    "account_session_end": Route(lambda world: ["nobodys"], NOBODY, STAFF, writes=False),
    "account_join": Route(nothing),
    "account_join_link": Route(lambda world: ["no-token"], UNKNOWN),
    "account_forgot": Route(nothing, UNKNOWN, UNKNOWN, fixed(email="nobody@alpha.example"), writes=False),
    "account_reset": Route(nothing),
    "account_reset_link": Route(lambda world: ["no-person", "no-token"], UNKNOWN),
    "team": Route(nothing, MANAGE),
    "team_invite": Route(nothing, MANAGE, MANAGE, fixed(email="eve@alpha.example", name="Eve", role="reviewer")),
    "team_person": Route(colleague, MANAGE),
    "team_role": Route(colleague, NOBODY, MANAGE, fixed(role="auditor")),
    "team_disable": Route(colleague, NOBODY, MANAGE),
    "team_enable": Route(colleague, NOBODY, MANAGE),
    "team_end_sessions": Route(colleague, NOBODY, MANAGE),
    "team_reset_factor": Route(colleague, NOBODY, MANAGE),
    "team_invitation_resend": Route(team_invitation, NOBODY, MANAGE),
    "team_invitation_revoke": Route(team_invitation, NOBODY, MANAGE),
    "sso": Route(nothing, MANAGE),
    "sso_provider": Route(nothing, MANAGE, MANAGE, metadata),
    "sso_refresh": Route(nothing),  # there is a connection only in its own tests
    "sso_options": Route(nothing),
    "sso_remove_certificate": Route(nothing),
    "sso_certificate": Route(nothing),
    "sso_switch": Route(nothing),
    "sso_enforce": Route(nothing),
    "sso_test_report": Route(nothing),
    "sso_people": Route(nothing),
    "sso_link": Route(lambda world: [world.interviews["invited"].pk]),
    "sso_unlink": Route(lambda world: [world.interviews["invited"].pk]),
    "email_domains": Route(nothing, MANAGE, MANAGE, fixed(domain="company.example")),
    "email_domain_check": Route(lambda world: [world.interviews["invited"].pk]),
    "email_domain_remove": Route(mail_domain, NOBODY, MANAGE),
    "portal_login": Route(nothing, ANYBODY, UNKNOWN, writes=False, other=True),
    "portal_logout": Route(nothing, NOBODY, ANYBODY, writes=False),
    "portal_jobs": Route(nothing, ROLES | UNASSIGNED | SUPPORT),
    "portal_job": Route(job, ROLES | SUPPORT),
    "portal_invite": Route(job, INVITE, INVITE, INVITATION),
    "portal_job_settings": Route(job, MANAGE, MANAGE, fixed(evaluation_waits_hours="6", follows="1")),
    "portal_candidates": Route(nothing, VIEW | UNASSIGNED | SUPPORT),
    "portal_interview": Route(interview("decided"), VIEW | SUPPORT),
    "audit_trail": Route(nothing, AUDIT | SUPPORT),
    "portal_assurance": Route(nothing, AUDIT | SUPPORT),
    "portal_waiting": Route(nothing, INVITE),
    "portal_extend": Route(interview("invited"), NOBODY, INVITE),
    "portal_assign_job": Route(job, NOBODY, INVITE, person(Role.HIRING_MANAGER)),
    "portal_unassign_job": Route(managed_job, NOBODY, INVITE),
    "portal_assign_interview": Route(interview("running"), NOBODY, INVITE, person(Role.REVIEWER)),
    "portal_unassign_interview": Route(rated_interview, NOBODY, INVITE),
    "portal_new_link": Route(interview("invited"), NOBODY, INVITE),
    "portal_review": Route(interview("evaluated"), NOBODY, VIEW, levels),
    "portal_review_draft": Route(interview("evaluated"), NOBODY, VIEW, levels),
    "portal_disagree": Route(interview("reviewed"), NOBODY, VIEW, reason),
    "portal_consensus": Route(interview("reviewed"), NOBODY, DECIDE, agreed),
    "portal_calibration": Route(nothing, STAFF),
    "portal_decide": Route(interview("reviewed"), NOBODY, DECIDE, decision),
    "portal_retry_turn": Route(turn("failed"), NOBODY, VIEW),
    "portal_retry_evaluation": Route(evaluation, NOBODY, VIEW),
    "portal_plan_new": Route(nothing, MANAGE, MANAGE, fixed(title="Baker")),
    "portal_plan_next": Route(job, NOBODY, MANAGE, writes=False),  # its draft is begun already
    "portal_plan": Route(plan_draft, MANAGE, MANAGE, a_plan),
    "portal_plan_describe": Route(plan_draft, NOBODY, MANAGE, fixed(revision="1", description=DESCRIPTION)),
    "portal_plan_discard": Route(plan_draft, NOBODY, MANAGE, fixed(revision="1")),
    "portal_plan_publish": Route(plan_draft, MANAGE, MANAGE, fixed(revision="1", follows="1")),
    "portal_versions": Route(job, ROLES | SUPPORT),
    "portal_restore": Route(older_version, NOBODY, MANAGE, fixed(follows="1")),
    "billing_budgets": Route(nothing, MANAGE),
    "billing_budget_day": Route(nothing, MANAGE, MANAGE, a_budget),
    "billing_budget_month": Route(nothing, MANAGE, MANAGE, a_budget),
    "billing_budget_total": Route(job, MANAGE, MANAGE, a_budget),
    "billing_budget_day_remove": Route(nothing, NOBODY, MANAGE, writes=False),  # there is none in the walk
    "billing_budget_month_remove": Route(nothing, NOBODY, MANAGE, writes=False),
    "billing_budget_total_remove": Route(job, NOBODY, MANAGE, writes=False),
    "portal_standings": Route(job, VIEW | SUPPORT),
    "portal_rescore": Route(job, NOBODY, MANAGE, undecided),
    "portal_handle_request": Route(request, NOBODY, INVITE),
    "portal_contest": Route(contested, INVITE, INVITE, fixed(upheld="yes", ruling="Two questions in one.")),
    "portal_letter": Route(interview("reviewed"), NOBODY, DECIDE, unread_letter),
    "portal_job_feedback": Route(job, ROLES | SUPPORT),
    "portal_quality": Route(nothing, AUDIT | SUPPORT),
    "portal_resume": Route(interview("decided"), VIEW, DECIDE, resume_file),
    "portal_resume_again": Route(interview("decided"), NOBODY, VIEW, writes=False),
    "portal_receipts": Route(nothing, MANAGE),
    "portal_receipts_csv": Route(nothing, MANAGE),
    "portal_receipt": Route(interview("decided"), MANAGE),
    "portal_return": Route(nothing, MANAGE, MANAGE, fixed(usd_an_hour="80", interview_minutes="75")),
    "portal_resume_awaited": Route(interview("decided"), VIEW),
    **PROGRAMS,
    "api_keys": Route(nothing, MANAGE, MANAGE, fixed(name="R", scopes="jobs:read", days="30")),
    "api_key_rotate": Route(api_key, NOBODY, MANAGE, fixed(hours="0")),
    "api_key_revoke": Route(api_key, NOBODY, MANAGE),
    **SCIM,
    "scim_settings": Route(nothing, MANAGE, MANAGE, fixed(group_roles="Talent = recruiter")),
    "scim_token": Route(nothing, NOBODY, MANAGE, fixed(hours="0")),
    "scim_end": Route(nothing, NOBODY, MANAGE),
}
