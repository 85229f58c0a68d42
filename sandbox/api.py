"""The few requests that the sandbox itself sends to the API server."""

import contextlib
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from sandbox.certificates import ClientCertificate
from sandbox.errors import ApiRefused
from sandbox.files import write_private

TIMEOUT_SECONDS = 10.0
MESSAGE_CHARACTERS = 512


def opener(context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Return an opener for addresses of this machine: no proxy from the environment."""
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )


class Api:
    """JSON requests as one user; each has a time limit, none is repeated."""

    def __init__(self, url: str, authority: Path, client: ClientCertificate, folder: Path) -> None:
        """Prepare requests; sends none.

        Args:
            url: The API server.
            authority: The file with the authority's certificate.
            client: The user.
            folder: Where the client certificate is kept, as the TLS library reads files only.
        """
        self.url = url
        pem = write_private(folder / "admin.pem", client.certificate + client.key)
        context = ssl.create_default_context(cafile=str(authority))
        context.load_cert_chain(pem)
        self._opener = opener(context)

    def request(
        self, method: str, path: str, body: object = None, *, kind: str = "application/json"
    ) -> Any:
        """Send one request.

        Args:
            method: The HTTP method.
            path: Path and query.
            body: Sent as JSON; None sends no body.
            kind: The body's content type.

        Returns:
            The parsed answer; plain text where the answer is not JSON.

        Raises:
            ApiRefused: The server answered with an error status.
            OSError: No connection, or no answer in ten seconds.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        if data is not None:
            request.add_header("Content-Type", kind)
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                text = answer.read()
                is_json = answer.headers.get_content_type() == "application/json"
        except urllib.error.HTTPError as error:
            with error:
                reason = _reason(error.read().decode(errors="replace"))
            raise ApiRefused(f"{method} {path}: {error.code} {reason}", error.code) from None
        return json.loads(text) if is_json else text.decode()

    def apply(self, path: str, document: dict[str, Any]) -> Any:
        """Create or update an object by server-side apply.

        Args:
            path: The object's own path.
            document: The whole object.

        Raises:
            ApiRefused: The server answered with an error status.
        """
        return self.request(
            "PATCH",
            f"{path}?fieldManager=sandbox&force=true",
            document,
            kind="application/apply-patch+yaml",
        )


def _reason(text: str) -> str:
    """Take the message out of a Status; the beginning of any other text."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        text = str(json.loads(text)["message"])
    return text[:MESSAGE_CHARACTERS]
