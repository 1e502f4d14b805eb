"""Why a message of an identity provider is refused: a stable code and a sentence that says what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Promise] = {
    # before the library: the bytes
    "missing": _("The identity provider sent no response. Start again from the sign-in page."),
    "too_large": _("The response is larger than 256 KiB. Send fewer groups or attributes."),
    "not_base64": _("The response is not base64. Have the identity provider post it as a form."),
    "not_utf8": _("The response is not UTF-8. Set the identity provider to send UTF-8."),
    "doctype": _("The response declares a DOCTYPE or an entity; no identity provider needs one."),
    "comment": _("The response holds a comment; an identity provider sends none."),
    "cdata": _("The response holds a CDATA section; an identity provider sends none."),
    "instruction": _("The response holds a processing instruction; an identity provider sends none."),
    "too_complex": _("The response holds too many or too deeply nested elements. Send fewer groups or attributes."),
    "not_xml": _("The response is not well-formed XML."),
    "not_response": _("The message is no SAML 2.0 response. Check which address the identity provider posts to."),
    "lookalike": _("The response holds an element that only looks like one of SAML's."),
    "duplicate_id": _("Two elements of the response carry the same ID."),
    "bad_id": _("An ID in the response is empty or not an XML name."),
    "assertions": _("The response must hold exactly one assertion, directly inside it."),
    "no_signature": _("Nothing in the response is signed. Turn on signing of assertions at the identity provider."),
    "too_many_signatures": _("The response holds more than two signatures, or two on one element."),
    "signature_place": _("A signature stands where neither the response nor its assertion would carry it."),
    "signature_shape": _("A signature of the response is not built as SAML demands."),
    "reference": _("A signature must refer to the one element that carries it, and to nothing else."),
    "transform": _("A signature asks for a transform other than enveloped and exclusive canonicalisation."),
    "canonicalization": _("A signature is canonicalised in another way than exclusively."),
    "signature_algorithm": _("Sign with rsa-sha256, rsa-sha512 or ecdsa-sha256; older algorithms are not secure."),
    "digest_algorithm": _("Use sha256 or sha512 as the digest; older ones are not secure."),
    "key_info": _("A signature's KeyInfo holds more than a certificate or a key's name."),
    "forbidden_element": _("The response holds an element that no identity provider needs here."),
    "encryption_shape": _("The encrypted assertion is not built as SAML demands."),
    "encryption_algorithm": _("Encrypt with AES (CBC or GCM) and RSA-OAEP; older algorithms are not secure."),
    "encrypted_part": _("Encrypted NameIDs and attributes are not supported: encrypt the whole assertion instead."),
    # the library
    "encrypted": _("The encrypted assertion can't be used. A test sign-in tells an admin why."),
    "not_decryptable": _("The assertion can't be decrypted. Import our metadata again: it holds the current key."),
    "not_encrypted": _("The assertion must be encrypted. Turn on encryption with the key of our metadata."),
    "assertion_unsigned": _("The assertion itself must be signed. Turn on signing of assertions."),
    "certificates_over": _("The identity provider's certificate has ended. An admin gives its new metadata."),
    "bad_signature": _("The signature matches no certificate on file that still lasts. Import the current metadata."),
    "status": _("The identity provider did not sign this person in. Check its own log."),
    "schema": _("The response does not follow the SAML 2.0 schema."),
    "library": _("The response does not follow SAML 2.0."),
    "settings": _("The connection is not complete. Import the identity provider's metadata again."),
    # after it: what is said
    "version": _("The assertion is not of SAML version 2.0."),
    "issuer": _("The issuer is not the identity provider on file. Compare the entity IDs."),
    "destination": _("The Destination must be our address for responses (ACS), letter by letter."),
    "recipient": _("The Recipient must be our address for responses (ACS), letter by letter."),
    "audience": _("The audience must be our entity ID alone."),
    "conditions": _("The assertion must hold one set of conditions, and none that we don't know."),
    "subject": _("The assertion must hold one subject with one bearer confirmation."),
    "authn_statement": _("The assertion must say once that, and when, the person signed in."),
    "bad_time": _("A time in the response can't be read; it must be in UTC and end in Z."),
    "too_early": _("The response is not valid yet. Check the clocks: they may differ by a minute at most."),
    "expired": _("The response is no longer valid. Check the clocks, and start again from the sign-in page."),
    "too_long": _("The confirmation must end within two hours. Shorten its validity at the identity provider."),
    "session_over": _("The session at the identity provider has ended. Sign in there again."),
    "unsolicited": _("This response was not asked for from here. Start from the sign-in page."),
    "not_awaited": _("No sign-in of this browser waits for this response. Start again from the sign-in page."),
    "replayed": _("This response was used before. Start again from the sign-in page."),
    "name_id": _("The NameID must be one plain, lasting name without hidden or look-alike characters."),
    "transient": _("The NameID changes with every sign-in. Send a persistent one, or the e-mail address."),
    "attribute_twice": _("An attribute is there twice. Send each attribute once, with all its values."),
    # the person
    "email_missing": _("The response holds no e-mail address. Check the name of the attribute in the set-up."),
    "email_invalid": _(
        "What was sent is not one valid e-mail address in plain ASCII. Name the attribute that holds it in the set-up."
    ),
    "email_domain": _("The e-mail address is not in a verified domain. Verify the domain first."),
    "no_account": _("This person has no account here. Ask an admin for an invitation."),
    "no_seat": _("The plan includes no more people. An admin makes room in the team, or chooses a larger plan."),
    "address_taken": _("An account has this e-mail address already. An admin links it under Single sign-on, People."),
    "user_disabled": _("This account is disabled. Ask an admin."),
    # sign-out
    "logout_unsigned": _("A sign-out must be signed in its address. Turn on signing of logout messages."),
    "logout_shape": _("The sign-out message can't be read."),
}


class Refused(Exception):
    """A message of an identity provider did not pass a check; nobody was signed in or out.

    `found` and `wanted` are for the admin who tests: they come from the message, so no other page shows them.
    """

    def __init__(self, code: str, *, found: str = "", wanted: str = "") -> None:
        super().__init__(code)
        self.code, self.found, self.wanted = code, found[:300], wanted[:300]
        self.veiled = False

    @property
    def sentence(self) -> Promise:
        return SENTENCES[self.code]

    @property
    def told_code(self) -> str:
        """What everybody may read: of an encrypted message that nobody signed, not how far its text was good.

        Who posts garbled copies of a captured assertion would decrypt it from such answers, byte by byte.
        """
        return "encrypted" if self.veiled else self.code

    @property
    def told(self) -> Promise:
        return SENTENCES[self.told_code]
