from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from io import BytesIO
from urllib.parse import urlsplit

import aiohttp

from kube.api.answers import error_of
from kube.api.connection import Connection
from kube.api.counting import count_request
from kube.api.errors import KubeError, TlsFailure, Unauthorized, Unreachable, cut
from kube.api.sign_in import sign_in

LARGE_BYTES = 500_000
# A connection that died in silence is noticed after 30 + 3 * 10 s; its options by name, since
# systems differ in which they have.
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


class Transport:
    """One signed-in HTTP session to one API server; maps every failure to a typed error once.

    `calls` counts the requests that were sent, by HTTP method.
    """

    def __init__(
        self, connection: Connection, *, connect_timeout_seconds: float, read_timeout_seconds: float
    ) -> None:
        self.connection = connection
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self.calls: Counter[str] = Counter()
        self._sessions = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None
        self._sign_in_lock = asyncio.Lock()

    async def open(self) -> None:
        """Sign in and open the session.

        Raises:
            Unauthorized: The credential plugin failed.
            InvalidKubeconfig: The certificates cannot be loaded.
        """
        signed_in = await sign_in(self.connection)
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=signed_in.tls_context() or True, limit=0, socket_factory=_kept_alive
            ),
            timeout=self._timeout(self._read_timeout_seconds),
            headers={"User-Agent": "capstan"}
            | ({"Authorization": f"Bearer {signed_in.token}"} if signed_in.token else {}),
            proxy=signed_in.proxy_url,
        )
        # aiohttp would send some requests twice by itself, unasked and uncounted; retry.py decides.
        session._retry_connection = False
        # An earlier session is closed at the end only: requests may still be under way on it.
        self._session = await self._sessions.enter_async_context(session)

    async def close(self) -> None:
        """Close every session that was opened."""
        await self._sessions.aclose()
        self._session = None

    async def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        payload: bytes | None,
        headers: Mapping[str, str],
        also_accept: frozenset[int] = frozenset(),
    ) -> bytes:
        """Send one request; renew an expired credential once.

        Raises:
            KubeError: See `kube.api.errors`.
        """
        session = self._live()
        try:
            return await self._send_on(session, method, path, params, payload, headers, also_accept)
        except Unauthorized:
            if not await self._renewed(session):
                raise
        return await self._send_on(
            self._live(), method, path, params, payload, headers, also_accept
        )

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str], read_timeout_seconds: float | None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """Open a long answer and lend its bytes; `None` waits for the next packet for ever.

        Raises:
            KubeError: See `kube.api.errors`; also while the stream is read.
        """
        async with AsyncExitStack() as opened:
            session = self._live()
            try:
                answer = await opened.enter_async_context(
                    self._stream_on(session, path, params, read_timeout_seconds)
                )
            except Unauthorized:
                if not await self._renewed(session):
                    raise
                answer = await opened.enter_async_context(
                    self._stream_on(self._live(), path, params, read_timeout_seconds)
                )
            yield answer.content

    @asynccontextmanager
    async def _stream_on(
        self,
        session: aiohttp.ClientSession,
        path: str,
        params: Mapping[str, str],
        read_timeout_seconds: float | None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        self._count("GET")
        with self._mapped(f"GET {path}"):
            async with session.get(
                self.connection.server + path,
                params=params,
                timeout=self._timeout(read_timeout_seconds),
                allow_redirects=False,
                server_hostname=self.connection.tls_server_name,
            ) as answer:
                if answer.status >= 300:
                    raise error_of("GET", path, answer.status, answer.headers, await answer.read())
                yield answer

    async def _send_on(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        params: Mapping[str, str],
        payload: bytes | None,
        headers: Mapping[str, str],
        also_accept: frozenset[int] = frozenset(),
    ) -> bytes:
        self._count(method)
        # aiohttp warns of large bytes, since it writes them in one piece; a file goes in pieces.
        large = payload is not None and len(payload) > LARGE_BYTES
        with self._mapped(f"{method} {path}"):
            async with session.request(
                method,
                self.connection.server + path,
                params=params,
                data=BytesIO(payload) if payload is not None and large else payload,
                headers=headers,
                allow_redirects=False,
                server_hostname=self.connection.tls_server_name,
            ) as answer:
                content = await answer.read()
                if answer.status >= 300 and answer.status not in also_accept:
                    raise error_of(method, path, answer.status, answer.headers, content)
                return content

    async def _renewed(self, refused: aiohttp.ClientSession) -> bool:
        """Sign in again, unless another request has done so since `refused` was used."""
        if self.connection.exec_plugin is None and self.connection.read_token is None:
            return False
        async with self._sign_in_lock:
            if self._session is refused:
                await self.open()
        return True

    def _live(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise AssertionError("the client is used outside of its `async with` block")
        return self._session

    def _timeout(self, read_timeout_seconds: float | None) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=None,
            connect=self._connect_timeout_seconds,  # DNS, socket and TLS together
            sock_read=read_timeout_seconds,
        )

    @contextmanager
    def _mapped(self, what: str) -> Iterator[None]:
        try:
            yield
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = _typed(error, what, urlsplit(self.connection.server).netloc)
            # These hold the request with its headers, so a token, and the proxy with its password.
            telling = isinstance(error, aiohttp.ClientResponseError)
            try:
                raise failure from None if telling else error
            finally:
                failure.__context__ = None

    def _count(self, method: str) -> None:
        self.calls[method] += 1
        count_request(method)


def _kept_alive(address: aiohttp.AddrInfoType) -> socket.socket:
    """Open a socket that notices within a minute when its other end is gone without a word."""
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        if hasattr(socket, option):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return opened


def _typed(error: Exception, what: str, server: str) -> KubeError:
    """Name the failure of a connection; the order matters, since aiohttp's classes overlap."""
    where = f"{what.partition('?')[0]}: {server}"
    if isinstance(error.__cause__, ssl.SSLError) and "ALERT" in str(error.__cause__.reason):
        # TLS 1.3: the server judges our certificate only after the handshake.
        error = error.__cause__
    match error:
        case aiohttp.ClientHttpProxyError() | aiohttp.ClientProxyConnectionError():
            status = getattr(error, "status", None)
            did = f"answered {status}" if status else "gave no connection"
            return Unreachable(
                f"{where} is behind a proxy, which {did}; check proxy-url of the kubeconfig.",
                "connection",
            )
        case aiohttp.ClientConnectorDNSError():
            return Unreachable(f"{where} has no address in DNS; check the server's name.", "dns")
        case aiohttp.ClientSSLError() | ssl.SSLError() | aiohttp.ServerFingerprintMismatch():
            problem = _certificate_problem(error)
            remedy = "the CA of the kubeconfig, the certificate's dates and the server's name"
            if "ALERT" in problem:  # the other side judged
                remedy = "the client certificate of the kubeconfig"
            return TlsFailure(f"{where} failed the TLS handshake ({problem}); check {remedy}.")
        case TimeoutError():
            return Unreachable(f"{where} did not answer in time.", "timeout")
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, ConnectionRefusedError):
            return Unreachable(
                f"{where} refused the connection; is the API server up, and the port right?",
                "refused",
            )
        case _:
            return Unreachable(f"{where} broke the connection ({_detail(error)}).", "connection")


def _detail(error: Exception) -> str:
    """Say how a connection broke in our own words: aiohttp's text may quote what was sent."""
    match error:
        case aiohttp.ServerDisconnectedError():
            return "closed before the answer"
        case aiohttp.ClientPayloadError():
            return "cut off in the middle of the answer"
        case aiohttp.ClientResponseError():
            return "the answer is no HTTP"
        case _:
            cause = getattr(error, "os_error", error)
            return getattr(cause, "strerror", None) or type(cause).__name__


def _certificate_problem(error: Exception) -> str:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    text = getattr(cause, "verify_message", None) or getattr(cause, "reason", None) or str(cause)
    return cut(str(text))
