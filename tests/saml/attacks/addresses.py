"""A sound assertion for somebody else, of somebody else, or to a question that nobody asked."""

from collections.abc import Callable

from tests.saml.attacks.table import Make, attack, said
from tests.saml.idp import Answer

EVIL = "https://evil.example"
said("audience_missing", "audience", audiences=[])
said("audience_of_somebody_else", "audience", audiences=[[EVIL]])
said("audience_with_a_suffix", "audience", audiences=[["http://alpha.candor.localhost:8000/saml/metadata/x"]])


def _audiences(change: Callable[[str], list[list[str]]]) -> Make:
    def make(answer: Answer) -> str:
        answer.audiences = change(answer.here.entity_id)
        return answer.encoded()

    return make


attack("audience_shared_with_another", _audiences(lambda own: [[own, EVIL]]), "audience")
attack("audience_shared_another_first", _audiences(lambda own: [[EVIL, own]]), "audience")
attack("two_audience_restrictions", _audiences(lambda own: [[own], [EVIL]]), "audience")
attack("audience_in_upper_case", _audiences(lambda own: [[own.upper()]]), "audience")
attack("audience_without_the_slash", _audiences(lambda own: [[own.rstrip("/")]]), "audience")


def _addressed(**change: Callable[[str], str]) -> Make:
    def make(answer: Answer) -> str:
        for name, edit in change.items():
            setattr(answer, name, edit(answer.here.acs))
        return answer.encoded()

    return make


for _field in ("destination", "recipient"):
    codes = (_field,) if _field == "destination" else ("recipient", "subject")
    said(f"{_field}_missing", *codes, **{_field: None})
    said(f"{_field}_of_somebody_else", *codes, **{_field: EVIL + "/saml/acs/"})
    attack(f"{_field}_with_a_suffix", _addressed(**{_field: lambda own: own + "extra"}), *codes)
    attack(f"{_field}_with_a_query", _addressed(**{_field: lambda own: own + "?x=1"}), *codes)
    attack(f"{_field}_inside_another", _addressed(**{_field: lambda own: f"{EVIL}/?{own}"}), *codes)
    attack(f"{_field}_in_upper_case", _addressed(**{_field: lambda own: own.upper()}), *codes)
attack("destination_of_beta", _addressed(destination=lambda own: own.replace("alpha", "beta")), "destination")
attack("recipient_of_beta", _addressed(recipient=lambda own: own.replace("alpha", "beta")), "recipient", "subject")
said("issuer_of_somebody_else", "issuer", issuer=EVIL, response_issuer=EVIL)
said("issuer_of_the_assertion_differs", "issuer", issuer=EVIL)
said("issuer_of_the_response_differs", "issuer", response_issuer=EVIL)
said("issuer_emptied", "issuer", issuer="")
said("issuer_in_upper_case", "issuer", issuer="HTTPS://IDP.EXAMPLE/metadata")
said("status_is_a_failure", "status", status="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed")
said("status_is_empty", "status", "schema", status="")
said("version_1_1", "version", "schema", version="1.1")
said("confirmation_by_key", "subject", method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")
said("confirmation_by_sender", "subject", method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")

said("in_response_to_unknown", "not_awaited", in_response_to="_none", confirmed_in_response_to="_none")
said("in_response_to_differs", "not_awaited", "subject", confirmed_in_response_to="_other")
said("in_response_to_of_the_response_alone", "not_awaited", confirmed_in_response_to=None)
said("in_response_to_of_the_confirmation_alone", "not_awaited", in_response_to=None)
said("unsolicited", "unsolicited", in_response_to=None, confirmed_in_response_to=None)
said("in_response_to_empty", "not_awaited", "schema", "subject", in_response_to=" ", confirmed_in_response_to=" ")
