"""What a load needs before its first request, made through services: tenants, and interviews that have begun.

    python -m tests.load.within_django prepare --tenants room0,room1 --each 50 --at-once 1000 [--answered 2000]

Prints the places as JSON. `--answered MS` stores the first answer too, for a model of so many milliseconds: the
reply is owed, no message is sent, and the sweeper looks at it in an hour. `--send` sends the messages of everything
that is owed, then prints when the first and the last was sent.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from datetime import timedelta
from decimal import Decimal
from unittest import mock
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from billing.models import Plan
from core import tasks, tenancy
from core.models import Due
from interviews.models import Interview, Job
from interviews.services import invitations, jobs, opening, turns
from tenants.services import provisioning
from tests.load.candidates import TEXT
from tests.load.model import word

PLAN = "load"
TOGETHER = 25  # interviews in one transaction
COMPETENCIES = 5


def _tenant(name: str, at_once: int) -> str:
    """The schema of a tenant on a plan with so many turns at once."""
    code = f"{PLAN}-{at_once}"
    fields = {"family": code, "name": "Load", "price_usd": Decimal(0)}
    fields |= {"interviews_a_month": 1_000_000, "turns_at_once": at_once}
    Plan.objects.using("owner").get_or_create(code=code, defaults=fields)
    return str(provisioning.ensure_tenant(name=name.title(), subdomain=name, plan_code=code).schema_name)


def _job(questions: int) -> Job:
    keys = [f"skill-{number}" for number in range(COMPETENCIES)]
    anchors = ("Says nothing about it.", "", "Names own work.", "", "Names own work and its measured result.")
    plan = jobs.JobPlan(
        slug=f"load-{questions}",
        title="Data engineer",
        competencies=tuple(
            jobs.CompetencyPlan(key, key.title(), "What the answers show about it.", "technical", Decimal(1), anchors)
            for key in keys
        ),
        questions=tuple(
            jobs.QuestionPlan(f"Question {n}: tell me about your own work with imports.", (keys[n % COMPETENCIES],))
            for n in range(max(questions, COMPETENCIES))
        ),
        minutes=240,
        words_every_reply=True,  # every turn is to wait for the model
    )
    return Job.objects.filter(slug=plan.slug).first() or jobs.publish_job(plan=plan, by=None)


def _inviter() -> User:
    email = "load@candidates.example"
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, None, name="Load", role=Role.RECRUITER)


def _begin(job: Job, by: User) -> tuple[Interview, str]:
    """An interview whose first question is open, and the token of its link."""
    email = f"{secrets.token_hex(8)}@candidates.example"
    invited = invitations.invite(job_id=job.pk, name="Load Candidate", email=email, days=7, by=by, send_mail=False)
    interview = invited.interview
    opening.open_interview(interview)
    opening.give_consent(interview, given=opening.Consented(ai_evaluation=True, keep_for_other_roles=False))
    opening.start(interview)
    return interview, invited.token


def _places(name: str, told: argparse.Namespace) -> list[dict[str, str]]:
    with tenancy.enter_platform():
        schema = _tenant(name, told.at_once)
    tenancy.forget()
    host, places = f"{name}.{settings.BASE_DOMAIN}:{urlsplit(told.url).port}", []
    with tenancy.enter(schema):
        job, by = _job(told.questions), _inviter()
        for start in range(0, told.each, TOGETHER):
            with transaction.atomic():
                for _ in range(min(TOGETHER, told.each - start)):
                    interview, token = _begin(job, by)
                    if told.answered:
                        answer = f"{word(told.answered)} {TEXT} {secrets.token_hex(8)}"
                        turns.submit_answer(interview=interview, answer=answer, idempotency_key=uuid4())
                    places.append({"host": host, "interview": str(interview.pk), "token": token})
                if told.answered:  # with the answers: the sweeper would send those of the first batches meanwhile
                    owed = Due.objects.filter(tenant=schema, kind="turn")
                    owed.update(due_at=timezone.now() + timedelta(hours=1))
    return places


def _send(schemas: list[str]) -> dict[str, float]:
    """A message for every turn that is owed, of one tenant after the other in turn."""
    rows = Due.objects.filter(kind="turn", tenant__in=schemas).order_by("object_id").values_list("tenant", "object_id")
    messages = [{"tenant": tenant, "turn_id": str(turn), "request_id": ""} for tenant, turn in rows]
    began = time.time()
    for message in messages:
        tasks.send("interviews.reply_to_turn", message)
    return {"sent": len(messages), "began": began, "ended": time.time()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--tenants", required=True)
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=1000)
    parser.add_argument("--answered", type=int, default=0)
    parser.add_argument("--send", action="store_true")
    told = parser.parse_args()
    names = told.tenants.split(",")
    if told.send:
        with tenancy.enter_platform():
            json.dump(_send(names), sys.stdout)
        return
    with mock.patch.object(tasks, "send"):  # what is owed waits for --send
        json.dump([place for name in names for place in _places(name, told)], sys.stdout)


if __name__ == "__main__":
    main()
