"""Log lines hold no link secret, no token and no address, and requests are logged without their path."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from core.testing import TenantTestCase

TOKEN = "dGhpcyBpcyBhIHNlY3JldA"  # pragma: allowlist secret
ADDRESS = "ada.lovelace+jobs@mail.example.org"
log = structlog.get_logger("candor.test")
plain = logging.getLogger("candor.test.plain")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the processes' own handler prints."""
    printed = io.StringIO()
    handler = logging.StreamHandler(printed)
    root = logging.getLogger()
    handler.setFormatter(next(one.formatter for one in root.handlers if one.name == "stderr"))
    root.addHandler(handler)
    yield printed
    root.removeHandler(handler)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"GET /i/{TOKEN} 303", "GET /i/[token] 303"),
        (f"GET /i/{TOKEN}?x=1 303", "GET /i/[token] 303"),
        (f"see https://acme.example/i/{TOKEN}", "see https://acme.example/i/[token]"),
        (f"Authorization: Interview {TOKEN}.x-y", "Authorization: Interview [token]"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer [token]"),
        (f"X-API-Key: cnd_acme-inc_{TOKEN} refused", "X-API-Key: cnd_[key] refused"),
        (f"Bearer cndscim_acme-inc_{TOKEN}", "Bearer [token]"),
        (f"with cndscim_acme_{TOKEN}.", "with cndscim_[key]."),
        (f"to {ADDRESS} and on", "to [email] and on"),
        (f"to <{ADDRESS}>", "to <[email]>"),
    ],
)
def test_secrets_and_addresses_are_taken_out_of_every_line(text: str, shown: str, lines: io.StringIO) -> None:
    log.warning(text)
    log.warning("it_happened", detail=text)
    log.warning("it_happened", rows=[{"detail": (text,)}])
    plain.warning(text)
    plain.warning("%s", text)

    said = lines.getvalue()
    assert said.count(shown) == 5
    assert TOKEN not in said
    assert "ada.lovelace" not in said


def test_lines_say_when_from_where_and_for_whom(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req-12345678", tenant="acme"):
        log.warning("it_happened", turns=3)
        plain.warning("it happened too")

    for line in lines.getvalue().splitlines():
        assert line.startswith("20")
        assert "warning" in line
        assert "request_id=req-12345678" in line
        assert "tenant=acme" in line
    assert "turns=3" in lines.getvalue()


@pytest.mark.usefixtures("lines_of_class")
class RequestTests(TenantTestCase):
    printed: io.StringIO

    def test_a_request_is_logged_by_its_route_and_not_by_its_path(self) -> None:
        self.client.get(f"/i/{TOKEN}?email={ADDRESS}")

        said = self.printed.getvalue()
        self.assertIn("route=candidate_link", said)
        self.assertIn("tenant=alpha", said)
        self.assertNotIn(TOKEN, said)
        self.assertNotIn("lovelace", said)


@pytest.fixture
def lines_of_class(request: pytest.FixtureRequest, lines: io.StringIO) -> None:
    request.cls.printed = lines
