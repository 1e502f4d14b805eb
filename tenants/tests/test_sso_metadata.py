"""What an identity provider's metadata says, and the sentence for everything that can be wrong with it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase, override_settings

from tenants.services import idp_metadata
from tenants.services.idp_metadata import ChooseProvider, Idp, MetadataRefused
from tenants.tests import idps

NOW = datetime.now(tz=UTC)


def read(raw: bytes, **more: Any) -> Idp:
    return idp_metadata.read(raw, now=NOW, **more)


class ReadingTests(SimpleTestCase):
    def test_it_says_who_the_provider_is_and_what_it_signs_with(self) -> None:
        found = read(idps.metadata())

        self.assertEqual(found, Idp(idps.ENTITY, idps.SSO_URL, idps.SLO_URL, (idps.pem(idps.good()),)))

    def test_both_certificates_of_a_roll_over_are_taken_and_doubles_once(self) -> None:
        new = idps.certificate("new", kind="rsa2048")

        found = read(idps.metadata(idps.good(), new, idps.good()))

        self.assertEqual(found.certificates, (idps.pem(idps.good()), idps.pem(new)))

    def test_a_key_without_a_use_signs_too_and_one_for_encryption_does_not(self) -> None:
        self.assertEqual(len(read(idps.metadata(use="")).certificates), 1)
        with self.assertRaisesMessage(MetadataRefused, "no signing certificate"):
            read(idps.metadata(use=' use="encryption"'))

    def test_an_expired_certificate_beside_a_good_one_is_left_out(self) -> None:
        old = idps.certificate("old", begins=timedelta(days=-9), lasts=timedelta(days=-1))

        self.assertEqual(read(idps.metadata(old, idps.good())).certificates, (idps.pem(idps.good()),))

    def test_a_byte_order_mark_and_white_space_before_the_xml_are_no_matter(self) -> None:
        for before in (b"\xef\xbb\xbf", b"\n  "):
            self.assertEqual(read(before + idps.metadata()).entity_id, idps.ENTITY)

    def test_a_provider_without_sign_out_by_redirect_has_none(self) -> None:
        self.assertEqual(read(idps.metadata(slo_url="")).slo_url, "")

    def test_of_several_providers_one_is_chosen_by_its_name(self) -> None:
        other = idps.entity(idps.good(), entity_id="https://other.example/m", sso_url="https://other.example/sso")
        raw = idps.federation(idps.entity(idps.good()), other)

        with self.assertRaises(ChooseProvider) as asked:
            read(raw)

        self.assertEqual(asked.exception.entity_ids, [idps.ENTITY, "https://other.example/m"])
        self.assertEqual(read(raw, entity_id="https://other.example/m").sso_url, "https://other.example/sso")
        with self.assertRaisesMessage(MetadataRefused, "Choose again"):
            read(raw, entity_id="https://third.example/m")

    def test_services_beside_one_provider_need_no_choice(self) -> None:
        service = idps.entity(idps.good(), entity_id="https://sp.example", role="SPSSODescriptor")

        self.assertEqual(read(idps.federation(service, idps.entity(idps.good()))).entity_id, idps.ENTITY)

    def test_http_is_accepted_on_loopback_outside_production_alone(self) -> None:
        raw = idps.metadata(sso_url="http://localhost:7000/sso", slo_url="")

        self.assertEqual(read(raw).sso_url, "http://localhost:7000/sso")
        with override_settings(PRODUCTION=True), self.assertRaisesMessage(MetadataRefused, "https://"):
            read(raw)


class RefusalTests(SimpleTestCase):
    def refused(self, raw: bytes, sentence: str) -> None:
        with self.assertRaisesMessage(MetadataRefused, sentence):
            read(raw)

    def test_nothing_or_too_much_is_refused(self) -> None:
        self.refused(b" \n", "There is nothing in it")
        self.refused(idps.metadata() + b" " * 1024 * 1024, "larger than 1 MiB")

    def test_doctypes_and_entities_are_refused_before_a_parser_sees_them(self) -> None:
        for hostile in (
            b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
            b'<!doctype x SYSTEM "file:///etc/passwd"><x/>',
            b'<x><!ENTITY a SYSTEM "http://127.0.0.1/"></x>',
        ):
            self.refused(hostile, "DOCTYPE or entities")

    def test_other_encodings_can_hide_nothing(self) -> None:
        bomb = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'
        hidden = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4APA-x/+AD4-'

        self.refused(bomb.encode("utf-16"), "not in UTF-8")
        self.refused(bomb.encode("utf-16-le"), "not in UTF-8")
        self.refused(hidden, "not complete XML")

    def test_web_pages_broken_xml_and_other_xml_are_told_apart(self) -> None:
        self.refused(b"<!DOCTYPE html><html><body>Sign in</body></html>", "This is a web page")
        self.refused(b"<html><body>Sign in</body></html>", "This is a web page")
        self.refused(idps.metadata()[:-20], "not complete XML")
        self.refused(b"not xml at all", "not complete XML")
        self.refused(b"<feed/>", "begins with feed instead of EntityDescriptor")
        self.refused(b"<a>" * 100 + b"</a>" * 100, "nested deeper")
        self.refused(b"<a>" * 10_000 + b"</a>" * 10_000, "not complete XML")

    def test_a_service_s_metadata_is_told_from_a_provider_s(self) -> None:
        self.refused(idps.metadata(role="SPSSODescriptor"), "describes a service, not an identity provider")

    def test_an_older_saml_is_refused(self) -> None:
        self.refused(idps.metadata(protocol="urn:oasis:names:tc:SAML:1.1:protocol"), "Turn SAML 2.0 on there")

    def test_a_name_is_needed(self) -> None:
        self.refused(idps.metadata(entity_id=" "), "names no entity ID")
        self.refused(idps.metadata(entity_id="a b"), "names no entity ID")

    def test_addresses_that_are_not_https_are_refused(self) -> None:
        for address in (
            *("http://idp.example/sso", "javascript:alert(1)", "https://", "/sso", "https://u:p@idp.example/"),
            *("https://idp.example/a b", "http://127.0.0.1.example/", "https://idp.example/&quot;", "https://[::1"),
        ):
            self.refused(idps.metadata(sso_url=address), "does not begin with https://")
            self.refused(idps.metadata(slo_url=address), "does not begin with https://")

    def test_a_provider_by_post_alone_is_told_which_binding_is_missing(self) -> None:
        self.refused(idps.metadata(binding=idps.POST), "does not offer HTTP-Redirect")

    def test_metadata_that_is_over_says_until_when_it_was_valid_wherever_that_stands(self) -> None:
        past = ' validUntil="2020-01-02T03:04:05Z"'

        self.refused(idps.metadata(more=past), "valid until 2020-01-02 03:04 UTC; our clock says")
        self.refused(idps.federation(idps.entity(idps.good()), more=past), "valid until 2020-01-02 03:04 UTC")
        self.refused(idps.metadata(more=' validUntil="soon"'), "validUntil is not a time")
        self.refused(idps.metadata(more=' validUntil="2999-99-99T00:00:00Z"'), "validUntil is not a time")
        self.assertEqual(read(idps.metadata(more=' validUntil="2999-01-01T00:00:00Z"')).entity_id, idps.ENTITY)

    def test_a_certificate_that_is_over_names_its_last_day(self) -> None:
        old = idps.certificate(begins=timedelta(days=-9), lasts=timedelta(days=-2))

        self.refused(idps.metadata(old), f"expired on {old.not_valid_after_utc:%Y-%m-%d}. Make a new one")

    def test_a_provider_s_clock_an_hour_ahead_of_ours_is_told_to_be_checked(self) -> None:
        early = idps.certificate(begins=timedelta(hours=1))

        self.refused(idps.metadata(early), f"our clock says {NOW:%Y-%m-%d %H:%M UTC}. Check the provider's clock.")

    def test_weak_and_unknown_keys_are_refused(self) -> None:
        self.refused(idps.metadata(idps.certificate(kind="rsa1024")), "has 1024 bits")
        self.refused(idps.metadata(idps.certificate(kind="p192")), "key that we can't use")
        self.refused(idps.metadata(idps.certificate(kind="ed25519")), "key that we can't use")

    def test_a_broken_certificate_is_refused(self) -> None:
        raw = idps.metadata().replace(b"<ds:X509Certificate>", b"<ds:X509Certificate>AAAA")

        self.refused(raw, "can't be read")

    def test_too_many_certificates_or_providers_are_refused(self) -> None:
        many = [idps.certificate(f"idp {number}") for number in range(9)]
        crowd = [idps.entity(idps.good(), entity_id=f"https://idp{number}.example") for number in range(51)]

        self.refused(idps.metadata(*many), "more than 8 signing certificates")
        self.refused(idps.federation(*crowd), "a whole federation's metadata")
        self.refused(idps.federation(crowd[0], crowd[0]), "a whole federation's metadata")
