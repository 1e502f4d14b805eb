"""Our metadata: what an identity provider imports."""

from onelogin.saml2.metadata import OneLogin_Saml2_Metadata

from tenants.models import SamlConnection
from tenants.services.saml import certificates, toolkit


def render(connection: SamlConnection) -> str:
    """The XML, with the certificate for signing and for encryption; the key is made on first use."""
    certificates.ensure(connection)
    settings = toolkit.for_metadata(connection, toolkit.endpoints(connection))
    plain = OneLogin_Saml2_Metadata.builder(
        settings.get_sp_data(),
        authnsign=connection.sign_requests,
        wsign=True,
        valid_until="",
        cache_duration="",
    )
    xml = OneLogin_Saml2_Metadata.add_x509_key_descriptors(plain, settings.get_sp_cert(), add_encryption=True)
    return xml.decode() if isinstance(xml, bytes) else str(xml)
