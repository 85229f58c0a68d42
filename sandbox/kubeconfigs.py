"""Kubeconfig documents with everything inline, so that one file or string is enough."""

import base64

import yaml

from sandbox.certificates import ClientCertificate

CONTEXT = "sandbox"
"""The name of cluster and context in every kubeconfig of the sandbox."""


def render_kubeconfig(
    url: str, authority: bytes, user: str, client: ClientCertificate, *, namespace: str = "default"
) -> str:
    """Render a kubeconfig for one user of one cluster.

    Args:
        url: The API server, ``https://127.0.0.1:PORT``.
        authority: The authority's certificate, PEM.
        user: The user entry's name.
        client: What the user signs in with.
        namespace: The context's namespace.

    Returns:
        A YAML document with the certificates as inline base64 data.
    """
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CONTEXT,
                "cluster": {"server": url, "certificate-authority-data": _inline(authority)},
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _inline(client.certificate),
                    "client-key-data": _inline(client.key),
                },
            }
        ],
        "contexts": [
            {
                "name": CONTEXT,
                "context": {"cluster": CONTEXT, "user": user, "namespace": namespace},
            }
        ],
        "current-context": CONTEXT,
    }
    return yaml.safe_dump(document, sort_keys=False)


def _inline(pem: bytes) -> str:
    """Encode a PEM document as kubeconfig data."""
    return base64.b64encode(pem).decode()
