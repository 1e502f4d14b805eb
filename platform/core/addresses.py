"""Which IP addresses an outbound call may go to: nobody who types an address may reach our own networks through us."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where clouds answer their machines with credentials, besides the link-local networks.
METADATA = {ipaddress.ip_address(name) for name in ("100.100.100.200", "fd00:ec2::254", "192.0.0.192")}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
TRANSLATED = (ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("::/96"))  # for local use; long obsolete


def meant(place: str) -> Address:
    """The address that packets to `place` end at: the IPv4 address inside a mapped, NAT64 or 6to4 one.

    :raises ValueError: if this is no IP address.
    """
    address = ipaddress.ip_address(place.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(place: str) -> bool:
    """Whether this IP address is of the public internet: not private, loopback, link-local, shared or a cloud's own."""
    address = meant(place)
    if isinstance(address, ipaddress.IPv6Address) and (
        address.is_site_local or any(address in network for network in TRANSLATED)
    ):
        return False
    if address.is_multicast or address.is_reserved or address.is_unspecified or address in METADATA:
        return False
    return address.is_global
