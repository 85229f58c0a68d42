from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

from kube.api.errors import InvalidKubeconfig


@dataclass(frozen=True)
class ExecPlugin:
    """A command that prints a credential, as `users[].user.exec` of a kubeconfig names it."""

    command: str
    api_version: str
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    provide_cluster_info: bool = False


@dataclass(frozen=True)
class Identity:
    """All that is ever shown of a connection."""

    server: str
    context: str
    user: str
    ca_fingerprint: str | None


@dataclass(frozen=True)
class Connection:
    """Where an API server is and how to sign in; secrets are left out of its repr.

    Raises:
        InvalidKubeconfig: An address or the token cannot be used; the message quotes neither.
    """

    server: str
    context: str = ""
    user: str = ""
    namespace: str = "default"
    ca: str | None = field(default=None, repr=False)
    client_certificate: str | None = field(default=None, repr=False)
    client_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    read_token: Callable[[], str] | None = field(default=None, repr=False)
    exec_plugin: ExecPlugin | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool = False
    proxy_url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", self.server.rstrip("/"))
        _check_server(self.server, f"The server of context {self.context!r}")
        if self.proxy_url and not _is_http(self.proxy_url):
            raise InvalidKubeconfig(
                f"The proxy-url of context {self.context!r} must be an http(s) address, such as "
                "http://proxy.example:3128; other proxies are not supported."
            )
        if self.token and not is_bearer_token(self.token):
            raise InvalidKubeconfig(
                f"The token of user {self.user!r} must be one word without spaces and line breaks; "
                "copy it again."
            )

    @property
    def identity(self) -> Identity:
        """Return server host, context, user and CA fingerprint: what may be shown."""
        return Identity(
            server=urlsplit(self.server).netloc.rpartition("@")[2],
            context=self.context,
            user=self.user,
            ca_fingerprint=_fingerprint(self.ca) if self.ca else None,
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """Build the TLS context, or return None for a plain http server.

        Raises:
            InvalidKubeconfig: A certificate or key is not what TLS can load.
        """
        if not self.server.startswith("https://"):
            return None
        context = self._loaded()
        if context is None:  # raised out here, so that no error of OpenSSL hangs on as its context
            raise InvalidKubeconfig(
                f"The certificates of context {self.context!r} cannot be loaded: CA, client "
                "certificate and client key must be PEM, key and certificate must belong together, "
                "and the key must not be encrypted. Export the kubeconfig again."
            )
        return context

    def _loaded(self) -> ssl.SSLContext | None:
        try:
            # PEM is ASCII, but the comments between the certificates of a bundle need not be.
            authority = self.ca.encode("ascii", "ignore").decode() if self.ca else None
            context = ssl.create_default_context(cadata=authority)
            # Many cluster CAs lack an authority key identifier, which Python 3.13 demands.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            if self.insecure_skip_tls_verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.client_certificate and self.client_key:
                with _unlinked_file(f"{self.client_certificate}\n{self.client_key}") as path:
                    # With a password, be it empty, OpenSSL does not ask for one on the terminal.
                    context.load_cert_chain(path, password="")
        except (ssl.SSLError, ValueError):
            return None
        return context


def is_bearer_token(token: str) -> bool:
    """Tell whether an HTTP header can carry the token."""
    return token.isascii() and token.isprintable() and " " not in token


def _check_server(server: str, what: str) -> None:
    if not _is_http(server) or set("@?#") & set(server):
        raise InvalidKubeconfig(
            f"{what} must be an http(s) address without credentials, such as https://10.0.0.1:6443."
        )
    if server.startswith("http://") and not _is_loopback(urlsplit(server).hostname or ""):
        raise InvalidKubeconfig(
            f"{what} is plain http, over which everybody on the way could read the credential; "
            "use its https address."
        )


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fingerprint(pem: str) -> str:
    try:
        der = ssl.PEM_cert_to_DER_cert(pem.strip())
    except ValueError:
        der = pem.encode()
    return "sha256:" + sha256(der).hexdigest()[:32]


@contextmanager
def _unlinked_file(text: str) -> Iterator[str]:
    """Lend `text` as a file that has no name in any folder.

    OpenSSL loads a key from a path only, and a key must not lie on a disk in clear.
    """
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("tls", os.MFD_CLOEXEC)
        try:
            os.write(fd, text.encode())
            yield f"/proc/self/fd/{fd}"
        finally:
            os.close(fd)
    else:  # macOS has no memory files: a 0600 file, gone before the first request
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(text)
            file.flush()
            yield file.name
