"""How a DICOMweb server is called: only it, within bounds, asked again where that is safe, its errors in words."""

import logging
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from scarmass.domain.errors import Fact, PeerFailed, PeerRefused, PeerUnreachable
from scarmass.domain.pacs import DicomwebPeer

for name in ("dicomweb_client", "retrying", "urllib3"):
    # They log whole addresses, and what a search asks for in them is who somebody is.
    logging.getLogger(name).setLevel(logging.CRITICAL)

TAIL_BYTES = 256
BOUNDARY = re.compile(r'boundary="?([^";]{1,70})', re.IGNORECASE)
BUSY = (429, 502, 503, 504)
REFUSALS = {
    400: "it does not understand the request: is the address that of its DICOMweb services?",
    401: "it does not let us in: is the token right, and still valid?",
    403: "we are not authorised",
    404: "nothing is at this address: it ends before /studies, as in https://pacs/dicom-web",
    405: "this address takes no such request: it ends before /studies, as in https://pacs/dicom-web",
    406: "it does not send what we can read",
    407: "the proxy does not let us through",
    413: "it takes no objects of this size",
    415: "it takes no objects of this kind",
}


class Answer:
    """The body of an answer as it comes; at most so many bytes of it between two calls of renew.

    is_over: whether all of it has come.
    """

    def __init__(self, peer: DicomwebPeer, raw: Any, most_bytes: int) -> None:
        self._peer, self._raw, self._most, self._left = peer, raw, most_bytes, most_bytes
        self._tail = b""
        self.is_over = False

    def stream(self, size: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """Raises PeerFailed where there is more than was agreed."""
        for chunk in self._raw.stream(size, decode_content=decode_content):
            self._left -= len(chunk)
            if self._left < 0:
                raise PeerFailed(f"{self._peer.name} answers without end: over {self._most} bytes")
            self._tail = (self._tail + chunk)[-TAIL_BYTES:]
            yield chunk
        self.is_over = True

    def renew(self) -> None:
        self._left = self._most

    def ends_as_multipart(self, content_type: str) -> bool:
        """Whether what came so far ends as a multipart message does, with its boundary and "--" (RFC 2046, 5.1.1)."""
        boundary = BOUNDARY.search(content_type)
        return boundary is None or self._tail.rstrip().endswith(b"--%b--" % boundary[1].encode())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


class _Adapter(HTTPAdapter):
    def __init__(self, peer: DicomwebPeer, waits_s: Sequence[float], most_bytes: int) -> None:
        super().__init__()
        self._peer, self._waits_s, self._most_bytes = peer, waits_s, most_bytes

    def send(self, request: requests.PreparedRequest, *arguments: Any, **settings: Any) -> requests.Response:
        request.headers.pop("Host", None)  # dicomweb-client leaves the port out
        request.url = _readable(request.url or "")
        response = self._patiently(request, *arguments, **settings)
        if response.is_redirect:
            raise PeerRefused(f"{self._peer.name} sends us to another address, {_origin(response)}: enter it, if right")
        response.raw = Answer(self._peer, response.raw, self._most_bytes)
        return response

    def _patiently(self, request: requests.PreparedRequest, *arguments: Any, **settings: Any) -> requests.Response:
        for wait_s in self._waits_s if request.method == "GET" else ():
            try:
                response = super().send(request, *arguments, **settings)
                if response.status_code not in BUSY:
                    return response
                response.close()
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(wait_s)
        return super().send(request, *arguments, **settings)


def new_session(peer: DicomwebPeer, waits_s: Sequence[float], most_bytes: int) -> requests.Session:
    """A session that takes nothing from the environment, follows no redirect and repeats only what reads.

    waits_s: before each further try. most_bytes: of an answer, or of an object.
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = peer.authority or ssl.get_default_verify_paths().cafile or True
    session.headers.update({"Accept": "application/dicom+json", "Accept-Encoding": "identity"})
    if peer.token:
        session.headers["Authorization"] = f"Bearer {peer.token}"
    if peer.proxy:
        session.proxies = {"http": peer.proxy, "https": peer.proxy}
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(peer, waits_s, most_bytes))
    return session


@contextmanager
def spoken_errors(peer: DicomwebPeer) -> Iterator[None]:
    """What goes wrong within is raised as PeerUnreachable, PeerRefused or PeerFailed.

    Its cause is not shown with it: that one's words hold the address that was asked, with a patient's name.
    """
    try:
        yield
    except Fact:
        raise
    except Exception as error:  # pydicom and dicomweb-client raise many kinds on answers they do not understand
        fault = _fault(error)
    else:
        return
    raise type(fault)(f"{peer.name}: {fault}") from None


def refusal(status: int) -> PeerRefused | PeerFailed:
    """An HTTP status as a reason; its number stands behind."""
    if status >= 500 or status in BUSY:
        return PeerFailed(f"it is busy, or failed while it worked on it (HTTP {status})")
    return PeerRefused(f"{REFUSALS.get(status, 'it refuses the request')} (HTTP {status})")


def _fault(error: Exception) -> Fact:
    match error:
        case requests.HTTPError(response=requests.Response(status_code=status)):
            return refusal(status)
        case requests.exceptions.SSLError():
            return PeerUnreachable("its certificate is not trusted: is the authority's file right?")
        case requests.exceptions.ProxyError():
            return PeerUnreachable("the proxy does not connect us")
        case requests.Timeout():
            return PeerUnreachable("it does not answer in time")
        case requests.ConnectionError():
            return PeerUnreachable("it does not answer: are host and port right, and is it running?")
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return PeerFailed("its answer broke off")
        case requests.exceptions.InvalidURL() | requests.exceptions.InvalidHeader():
            return PeerUnreachable("its address, or the token, is not written as it must be")
        case OSError() if not isinstance(error, requests.RequestException):
            return PeerUnreachable("the authority's file cannot be read")
    return PeerFailed("its answer is not one of DICOMweb: is the address that of its DICOMweb services?")


def _readable(url: str) -> str:
    """With "*" and spaces in a query as every server reads them: not all decode "%2A", or "+"."""
    address, mark, query = url.partition("?")
    return address + mark + query.replace("%2A", "*").replace("+", "%20")


def _origin(response: requests.Response) -> str:
    """Of the place it sends us to, only scheme and host: the rest may name a patient."""
    try:
        there = urlsplit(urljoin(response.request.url or "", response.headers["Location"]))
    except ValueError:
        return "which is malformed"
    return re.sub(r"[^\w.:/\[\]-]", "", f"{there.scheme}://{there.netloc.rpartition('@')[2]}")[:200]
