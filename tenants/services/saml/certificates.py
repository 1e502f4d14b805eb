"""Our own key of a tenant: it signs requests and opens encrypted assertions."""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from core import audit
from core.clock import now
from tenants.models import SamlConnection

BITS = 3072
LASTS = timedelta(days=5 * 365)


def ensure(connection: SamlConnection) -> SamlConnection:
    """Make the key and its self-signed certificate on first use; of two makers at once, one wins.

    The tenant must be entered: the key is sealed under its own.
    """
    if connection.sp_certificate:
        return connection
    certificate, key = make(f"Candor {connection.tenant_id}")
    sealed = SamlConnection._meta.get_field("sp_key").seal_for(connection, key)
    rows = SamlConnection.objects.filter(pk=connection.pk, sp_certificate="")
    if rows.update(sp_certificate=certificate, sp_key=sealed):
        audit.record("saml.key_made", connection)
    connection.refresh_from_db(fields=["sp_certificate", "sp_key"])
    return connection


def one_line(pem: str) -> str:
    """A PEM certificate as the single line of base64 that providers' forms take."""
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


def make(common_name: str) -> tuple[str, str]:
    """A new certificate and its key, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    start = now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(days=1))
        .not_valid_after(start + LASTS)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()
