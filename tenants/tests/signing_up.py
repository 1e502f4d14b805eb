"""Wishes for a tenant, as the public form sends them."""

import re
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client

from core.testing import PlatformTestCase
from tenants.models import Domain, SignUp, Tenant
from tenants.services import signup
from tenants.services.signup import Wish
from tenants.tasks import send_sign_up_mail

WISH = Wish("Gamma GmbH", "gamma", "Olga", "olga@gamma.example", "starter")
FORM = {
    "company": "Gamma GmbH",
    "subdomain": "gamma",
    "owner_name": "Olga",
    "email": "olga@gamma.example",
    "plan_code": "starter",
}
TOKEN = re.compile(r"/start/confirm/([\w-]+)/")


def mailed(wish: Wish = WISH) -> tuple[SignUp, str]:
    """A sign-up whose mail went, and the link's secret ("" without a link)."""
    row = signup.ask(wish)
    send_sign_up_mail(sign_up_id=str(row.pk))
    row.refresh_from_db()
    found = TOKEN.search(str(mail.outbox[-1].body))
    return row, found[1] if found else ""


class Public(PlatformTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.client = Client(HTTP_HOST=settings.BASE_DOMAIN)
        self.before = self.stored()

    def stored(self) -> tuple[int, int]:
        return Tenant.objects.count(), Domain.objects.count()

    def post(self, **changes: str) -> Any:
        return self.client.post("/start/", FORM | changes)
