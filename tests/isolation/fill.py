"""Two tenants full of their own words, made through services in the databases of a running Candor.

    python -m tests.load.within_django tests.isolation.fill

Prints, as JSON, each tenant's host, its word, a recruiter's sign-in and the interviews with the tokens of their links.
"""

import json
import sys

from django.conf import settings

from accounts.models import User
from accounts.roles import Role
from core import tenancy
from interviews.models import Job
from interviews.services import invitations, jobs, opening
from interviews.tests import make
from tenants.models import Logo, Tenant
from tenants.services import provisioning

WORDS = {"soakone": "canaryofsoakone", "soaktwo": "canaryofsoaktwo"}
CANDIDATES, QUESTIONS = 8, 20


def tenant(name: str) -> dict[str, object]:
    """Make the tenant with everything the soak asks for."""
    with tenancy.enter_platform():
        made = provisioning.ensure_tenant(
            name=f"{WORDS[name]} Ltd", subdomain=name, plan_code="enterprise", contact_email=f"hr@{WORDS[name]}.example"
        )
        Logo.objects.get_or_create(tenant=made, defaults={"png": b"\x89PNG" + WORDS[name].encode()})
        Tenant.objects.filter(pk=made.pk).update(has_logo=True)
    tenancy.forget()
    with tenancy.enter(name):
        return {"host": f"{name}.{settings.BASE_DOMAIN}", "word": WORDS[name]} | _people(WORDS[name])


def _people(word: str) -> dict[str, object]:
    email = f"recruiter@{word}.example"
    recruiter = User.objects.create_user(email, make.PASSWORD, name=f"{word} recruiter", role=Role.RECRUITER)
    job = _job(word)
    return {
        "email": email,
        "password": make.PASSWORD,
        "job": str(job.pk),
        "interviews": [_interview(job, recruiter, word, number) for number in range(CANDIDATES)],
    }


def _job(word: str) -> Job:
    questions = tuple(
        jobs.QuestionPlan(f"{word} {number}: tell us about your own work.", (make.PLAN.competencies[number % 3].key,))
        for number in range(QUESTIONS)
    )
    plan = jobs.JobPlan(
        slug=word, title=f"{word} job", competencies=make.PLAN.competencies, questions=questions, max_probes=0
    )
    return jobs.publish_job(plan=plan, by=None)


def _interview(job: Job, by: User, word: str, number: int) -> dict[str, str]:
    invited = invitations.invite(
        job_id=job.pk, name=f"{word} {number}", email=f"{number}@{word}.example", days=7, by=by, send_mail=False
    )
    opening.open_interview(invited.interview)
    opening.give_consent(invited.interview, given=opening.Consented(ai_evaluation=True, keep_for_other_roles=False))
    opening.start(invited.interview)
    return {"id": str(invited.interview.pk), "token": invited.token}


if __name__ == "__main__":
    json.dump([tenant(name) for name in WORDS], sys.stdout)
