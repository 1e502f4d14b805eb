"""scim2-tester, which nobody here wrote, finds no fault; it speaks to the site in this process."""

from typing import Any
from uuid import uuid4

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from core.testing import TenantClient, TenantTestCase
from tenants.tests.directory import token, verified
from tenants.tests.keyed import owner


class FreshAddresses:
    """Addresses in the tenant's domain without end: the tester's own are in domains that nobody verified."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, place: int) -> str:
        return f"{uuid4()}@alpha.example"


class ConformanceTests(TenantTestCase):
    def site(self, environ: Any, start_response: Any) -> list[bytes]:
        """The site behind Django's test client, which leaves the test its connection."""
        headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        path = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        body, kind = environ["wsgi.input"].read(), environ.get("CONTENT_TYPE", "")
        response = TenantClient().generic(environ["REQUEST_METHOD"], path, body, kind, **headers)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.headers.items()))
        return [response.content]

    def test_the_tester_reports_no_error(self) -> None:
        verified("alpha.example")
        headers = {"Authorization": f"Bearer {token(owner())}"}
        client = WSGISCIMClient(self.site, "http://alpha.candor.localhost/scim/v2", headers=headers)
        client.discover()
        user = client.get_resource_model("User")
        assert user is not None
        emails = user.model_fields["emails"]
        self._use_own_addresses(user, emails)

        results = check_server(client)

        wrong = [f"{one.title}: {one.reason}" for one in results if one.status in (Status.ERROR, Status.CRITICAL)]
        self.assertEqual(wrong, [], "\n".join(wrong))
        self.assertGreater(sum(one.status == Status.SUCCESS for one in results), 40)

    def _use_own_addresses(self, user: Any, emails: Any) -> None:
        user.model_fields["user_name"].examples = FreshAddresses()
        for inner in _models(emails.annotation):
            inner.model_fields["value"].examples = FreshAddresses()


def _models(annotation: Any) -> list[Any]:
    """The models inside of `list[Model] | None`."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models(part)]
