"""The certificate that browsers get from the public site."""

import socket
import ssl
from datetime import datetime

from cryptography import x509
from django.conf import settings

from core import clock
from core.doctor import Finding, fail, ok, warn

TIMEOUT = 3.0
WARN_DAYS, FAIL_DAYS = 21, 3


def public_site() -> Finding:
    """Of BASE_DOMAIN, when it is served over https."""
    if settings.PUBLIC_SCHEME != "https":
        return ok("none configured: PUBLIC_SCHEME is not https")
    return look(settings.BASE_DOMAIN, 443)


def look(host: str, port: int) -> Finding:
    """When the certificate that is served there expires."""
    try:
        expires = expires_at(host, port)
    except (OSError, ValueError) as error:
        return warn(f"{host}:{port} shows none ({type(error).__name__})", "See the balancer.")
    days = (expires - clock.now()).days
    what = f"{host}: expires {expires:%Y-%m-%d}, in {days} days"
    if days < FAIL_DAYS:
        return fail(what, "Renew it now.")
    if days < WARN_DAYS:
        return warn(what, "Renew it.")
    return ok(what)


def expires_at(host: str, port: int) -> datetime:
    """Whoever signed it: browsers complain about that, we look at the date.

    :raises OSError: if nobody answers in TLS.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate = x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
    return certificate.not_valid_after_utc
