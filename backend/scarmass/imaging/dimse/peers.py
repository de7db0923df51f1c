"""Which peer calls: by its AE title, and by the address that its host has."""

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from time import monotonic

from scarmass.domain.pacs import DimsePeer

RESOLVED_FOR_S = 60.0


class KnownPeers:
    """Safe to use from many threads. checks_address: whether a peer must call from its own host."""

    def __init__(self, peers: Sequence[DimsePeer], *, checks_address: bool) -> None:
        self._peers = tuple(peers)
        self._checks_address = checks_address
        self._lock = threading.Lock()
        self._addresses: dict[str, tuple[float, frozenset[str]]] = {}

    def peer(self, ae_title: str, address: str) -> DimsePeer | None:
        named = (peer for peer in self._peers if peer.ae_title == ae_title)
        return next((peer for peer in named if self._is_at(peer.host, address)), None)

    def is_address_known(self, address: str) -> bool:
        """Whether any peer may call from there."""
        return any(self._is_at(host, address) for host in {peer.host for peer in self._peers})

    def _is_at(self, host: str, address: str) -> bool:
        return not self._checks_address or plain(address) in self._addresses_of(host)

    def _addresses_of(self, host: str) -> frozenset[str]:
        with self._lock:
            resolved_at, addresses = self._addresses.get(host, (float("-inf"), frozenset[str]()))
        if monotonic() - resolved_at > RESOLVED_FOR_S:
            with suppress(OSError):  # what was known of it holds while no name server answers
                addresses = frozenset(plain(str(entry[4][0])) for entry in socket.getaddrinfo(host, None))
            with self._lock:
                self._addresses[host] = monotonic(), addresses
        return addresses


def plain(address: str) -> str:
    """An address in one way of writing; an IPv4 address as such also where it comes mapped into IPv6."""
    try:
        parsed = ip_address(address.split("%")[0])
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)
