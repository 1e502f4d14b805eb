"""The library's response, whose decrypted assertion keeps the prefixes that it was signed with."""

import secrets
from typing import Any

from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from tenants.services.saml import raw
from tenants.services.saml.names import saml, xenc


class Response(OneLogin_Saml2_Response):
    """As the library's; raw.check has looked at the shape of the encrypted parts before."""

    def _decrypt_assertion(self, xml: Any) -> Any:
        """The response with its assertion in the clear.

        The library moves the assertion with lxml, which renames its prefixes to the response's where they stand for
        one namespace: a true signature matches no longer (pysaml2 and what is built on it). So it is put in as text.
        """
        data = xml.find(f"{saml('EncryptedAssertion')}/{xenc('EncryptedData')}")
        wrapper = data.getparent()
        plain = OneLogin_Saml2_Utils.decrypt_element(data, self._settings.get_sp_key(), inplace=True)
        text = etree.tostring(plain, with_tail=False)
        place = etree.ProcessingInstruction("assertion", secrets.token_hex(16))
        xml.replace(wrapper, place)
        return raw.parse(etree.tostring(xml).replace(etree.tostring(place), text))
