"""What sound providers send is accepted, in the same run in which every attack is refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import xmlsec
from lxml import etree

from accounts.models import Identity, Session, User
from accounts.roles import Role
from accounts.sessions import LONGEST
from core.clock import now
from core.testing import TenantClient
from tenants.services.saml.names import saml
from tests.saml.case import VICTIM, SamlCase, code_of
from tests.saml.idp import OASIS_EMAIL, Answer, encode, keys

T = xmlsec.constants
FEWEST = 30
SECONDS = timedelta(seconds=1)
MAIL = {"mail": ["ada@alpha.example"]}


@dataclass(frozen=True, slots=True)
class Variant:
    """What the provider sends (`fields` of the answer), to a connection with `settings`."""

    fields: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    make: Callable[[Answer], str] = Answer.encoded


def _pretty(answer: Answer) -> str:
    """Indented before it is signed, with an XML declaration, base64 in lines."""
    answer.sign = "none"
    root = answer.root()
    etree.indent(root)
    answer.add_signature(root.find(saml("Assertion")))
    text = encode(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    return "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))


def _typed(answer: Answer) -> str:
    """With xsi:type on every value, and the prefix named in the canonicalisation."""
    answer.sign, answer.prefixes = "none", "xs"
    text = etree.tostring(answer.root()).decode()
    text = text.replace(
        "<saml:AttributeValue>",
        '<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">',
    )
    root = etree.fromstring(text)
    answer.add_signature(root.find(saml("Assertion")))
    return encode(root)


def _until(element: str, value: str) -> Callable[[Answer], str]:
    """With this end written into `element`, signed afterwards."""

    def make(answer: Answer) -> str:
        answer.sign = "none"
        root = answer.root()
        name = "SessionNotOnOrAfter" if element == "AuthnStatement" else "NotOnOrAfter"
        next(root.iter(saml(element))).set(name, value)
        answer.add_signature(root.find(saml("Assertion")))
        return encode(root)

    return make


ENDED = keys("ended", lasts=-timedelta(minutes=1))
FIRST, SECOND, CURVE = keys("idp"), keys("second provider", "rsa3072"), keys("curve", "ec")
VARIANTS: dict[str, Variant] = {
    "assertion_signed": Variant(),
    "both_signed": Variant({"sign": "both"}),
    "pretty_printed": Variant(make=_pretty),
    "typed_values": Variant(make=_typed),
    "sha512": Variant({"signature": T.TransformRsaSha512, "digest": T.TransformSha512}),
    "sha512_over_sha256": Variant({"signature": T.TransformRsaSha512}),
    "both_signed_sha512": Variant({"sign": "both", "signature": T.TransformRsaSha512, "digest": T.TransformSha512}),
    "encrypted_and_wanted_so": Variant({"encrypt": "aes256-gcm"}, {"want_encrypted": True}),
    "issued_50_seconds_ahead": Variant({"issued": 50 * SECONDS, "not_before": 50 * SECONDS}),
    "issued_50_seconds_behind": Variant({"issued": -50 * SECONDS, "not_before": -80 * SECONDS}),
    "a_minute_long_50_seconds_behind": Variant(
        {"issued": -50 * SECONDS, "ends": 10 * SECONDS, "confirmation_ends": 10 * SECONDS}
    ),
    "conditions_over_since_50_seconds": Variant({"ends": -50 * SECONDS}),
    "session_over_in_an_hour": Variant({"session_ends": timedelta(hours=1)}),
    "confirmation_of_nearly_two_hours": Variant({"confirmation_ends": timedelta(minutes=119)}),
    "without_not_before": Variant({"not_before": None}),
    "without_an_end_of_conditions": Variant({"ends": None}),
    "without_an_issuer_of_the_response": Variant({"response_issuer": None}),
    "the_nameid_is_the_address": Variant(
        {"name_id": "ada@alpha.example", "name_format": OASIS_EMAIL, "attributes": {}}, {"email_attribute": ""}
    ),
    "nameid_with_white_space_around": Variant({"name_id": "\n  ada-1 \t"}),
    "nameid_with_accents": Variant({"name_id": "zoë@alpha.example"}),
    "nameid_decomposed": Variant({"name_id": "zoe\u0308@alpha.example"}),
    "mail_in_capitals": Variant({"attributes": {"mail": [" ADA@Alpha.Example "]}}),
    "300_groups": Variant({"attributes": MAIL | {"groups": [f"group {n}" for n in range(300)]}}),
    "an_attribute_of_urn_form": Variant(
        {"attributes": {"urn:oid:0.9.2342.19200300.100.1.3": ["ada@alpha.example"]}},
        {"email_attribute": "urn:oid:0.9.2342.19200300.100.1.3"},
    ),
    "unsolicited_where_the_tenant_allows_it": Variant(
        {"in_response_to": None, "confirmed_in_response_to": None}, {"allow_idp_initiated": True}
    ),
    "unsolicited_and_encrypted": Variant(
        {"in_response_to": None, "confirmed_in_response_to": None, "encrypt": "aes256-gcm"},
        {"allow_idp_initiated": True},
    ),
    "unsigned_requests": Variant({}, {"sign_requests": False}),
    "roll_over_old_key": Variant({}, {"certificates": [FIRST.certificate, SECOND.certificate]}),
    "roll_over_new_key": Variant({"keys": SECOND}, {"certificates": [FIRST.certificate, SECOND.certificate]}),
    "roll_over_of_a_key_that_ended": Variant(
        {"keys": SECOND}, {"certificates": [ENDED.certificate, SECOND.certificate]}
    ),
    "roll_over_to_a_curve": Variant({"keys": CURVE}, {"certificates": [FIRST.certificate, CURVE.certificate]}),
    "roll_over_both_signed_by_the_new_key": Variant(
        {"keys": SECOND, "sign": "both"}, {"certificates": [FIRST.certificate, SECOND.certificate]}
    ),
}
for _title, _element in {"session": "AuthnStatement", "conditions": "Conditions"}.items():
    for _digits, _fraction in {"seconds": "", "milliseconds": ".999", "ticks": ".9999999"}.items():
        VARIANTS[f"{_title}_until_never_in_{_digits}"] = Variant(
            make=_until(_element, f"9999-12-31T23:59:59{_fraction}Z")
        )
for _title, _keys in {"second_provider": SECOND, "curve_provider": CURVE}.items():
    for _sign in ("assertion", "both"):
        VARIANTS[f"{_title}_{_sign}_signed"] = Variant(
            {"keys": _keys, "sign": _sign}, {"certificates": [_keys.certificate]}
        )
        VARIANTS[f"{_title}_{_sign}_signed_encrypted"] = Variant(
            {"keys": _keys, "sign": _sign, "encrypt": "aes256-gcm"}, {"certificates": [_keys.certificate]}
        )
for _cipher in ("aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm"):
    for _sign in ("assertion", "both"):
        VARIANTS[f"{_cipher}_{_sign}_signed"] = Variant({"encrypt": _cipher, "sign": _sign})


def accepted(name: str) -> Any:
    """The test of one variant."""

    def test(self: SamlCase) -> None:
        variant = VARIANTS[name]
        self.change(**variant.settings)
        journey = self.leave()

        response = self.post(journey, variant.make(self.answer(journey, **variant.fields)))

        self.assertEqual((code_of(response), response.status_code), ("302", 302))
        self.assertEqual(journey.client.get("/").status_code, 200)
        user = User.objects.get(email="ada@alpha.example")
        self.assertEqual((user.role, user.identities.get().provider_id), (Role.REVIEWER, self.connection.pk))

    return test


class VariantTests(SamlCase):
    """One test a variant."""


for _name in VARIANTS:
    setattr(VariantTests, f"test_{_name}_is_accepted", accepted(_name))


class SoundTests(SamlCase):
    def test_there_are_enough_variants(self) -> None:
        self.assertGreaterEqual(len(VARIANTS), FEWEST)

    def test_the_owner_comes_in_as_the_owner(self) -> None:
        """What the attacks want is there to be had: the victim's own response works."""
        journey = self.leave()
        said = {"name_id": VICTIM, "attributes": {"mail": ["owner@alpha.example"]}}

        self.assertEqual(code_of(self.post(journey, self.answer(journey, **said).encoded())), "302")

        self.assertEqual(self.victim, Identity.objects.get(last_used_at__isnull=False).user)
        self.assertEqual(User.objects.get(pk=self.victim.pk).role, Role.OWNER)

    def test_a_session_ends_when_the_provider_says_and_after_a_day_s_work_at_the_latest(self) -> None:
        told = {timedelta(hours=1): timedelta(minutes=61), timedelta(days=30): LONGEST, None: LONGEST}
        for said, lasts in told.items():
            journey = self.leave()
            self.post(journey, self.answer(journey, session_ends=said).encoded())

            row = Session.objects.get(session_key=journey.client.session.session_key)
            assert row.ends_at is not None
            self.assertLess(abs(row.ends_at - row.started_at - lasts), timedelta(seconds=5), said)
            self.assertEqual(journey.client.get("/").status_code, 200)
            Session.objects.filter(pk=row.pk).update(ends_at=now())
            self.assertEqual(journey.client.get("/").status_code, 302)

    def test_two_tabs_of_one_browser_both_come_back(self) -> None:
        client = TenantClient()
        first, second = self.leave(client), self.leave(client)

        for journey in (second, first):
            self.assertEqual(code_of(self.post(journey, self.answer(journey).encoded())), "302")

    def test_groups_give_the_highest_listed_role_and_take_it_away_again(self) -> None:
        self.change(groups_attribute="groups", group_roles={"Hiring": "recruiter", "IT": "admin"})
        for groups, role in ((["Hiring", "IT"], Role.ADMIN), (["Hiring"], Role.RECRUITER), ([], Role.REVIEWER)):
            journey = self.leave()
            self.post(journey, self.answer(journey, attributes=MAIL | {"groups": groups}).encoded())

            self.assertEqual(User.objects.get(email="ada@alpha.example").role, role, groups)

    def test_without_a_list_of_groups_a_role_that_was_given_here_stays(self) -> None:
        for role in (Role.REVIEWER, Role.ADMIN):
            journey = self.leave()
            self.post(journey, self.answer(journey).encoded())

            self.assertEqual(User.objects.get(email="ada@alpha.example").role, role)
            User.objects.filter(email="ada@alpha.example").update(role=Role.ADMIN)
