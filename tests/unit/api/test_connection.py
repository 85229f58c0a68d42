"""In-cluster credentials, the CA's fingerprint, and TLS material that never touches a disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from kube.api import kubeconfig
from kube.api.connection import Connection
from kube.api.errors import InvalidKubeconfig
from kube.api.kubeconfig import in_cluster_connection
from kube.api.sign_in import require_credential

POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}

LOADS_A_KEY = """
import os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(args) if event == "open" else None)
from kube.api.connection import Connection
certificate, key = sys.stdin.read().split("|")
written = lambda: [a for a in opened if a[2] and a[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)]
sys.dont_write_bytecode = True
before = os.listdir("/proc/self/fd")
connection = Connection("https://127.0.0.1", ca=certificate,
                        client_certificate=certificate, client_key=key)
opened.clear()
connection.tls_context()
assert not written(), written()
assert os.listdir("/proc/self/fd") == before, "the memory file was left open"
print("loaded")
"""


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def leaf(ca: trustme.CA) -> trustme.LeafCert:
    return ca.issue_cert("ann@capstan.invalid")


def chain(leaf: trustme.LeafCert) -> str:
    return "".join(blob.bytes().decode() for blob in leaf.cert_chain_pems)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mounted ServiceAccount."""
    (tmp_path / "token").write_text("first\n")
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE-----")
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", tmp_path)
    return tmp_path


def test_a_pod_signs_in_with_its_service_account(account: Path) -> None:
    connection = in_cluster_connection(POD)
    assert connection.server == "https://10.96.0.1:443"
    assert connection.ca == "-----BEGIN CERTIFICATE-----"
    assert connection.read_token is not None
    assert connection.read_token() == "first"


def test_the_token_is_read_again_each_time(account: Path) -> None:
    connection = in_cluster_connection(POD)
    (account / "token").write_text("second\n")
    assert connection.read_token is not None
    assert connection.read_token() == "second"


def test_an_ipv6_service_address_is_put_in_brackets(account: Path) -> None:
    connection = in_cluster_connection(POD | {"KUBERNETES_SERVICE_HOST": "fd00::1"})
    assert connection.server == "https://[fd00::1]:443"


@pytest.mark.parametrize("missing", ["token", "ca.crt", *POD])
def test_outside_of_a_pod_the_message_says_so(account: Path, missing: str) -> None:
    (account / missing).unlink(missing_ok=True)
    environ = {key: value for key, value in POD.items() if key != missing}
    with pytest.raises(InvalidKubeconfig, match="does not run in a pod"):
        in_cluster_connection(environ)


def test_a_connection_without_a_credential_is_refused() -> None:
    with pytest.raises(InvalidKubeconfig, match="'ann' has no credential"):
        require_credential(Connection("https://a", user="ann"))
    require_credential(Connection("https://a", token="t"))


def test_the_identity_shows_host_and_fingerprint(ca: trustme.CA) -> None:
    pem = ca.cert_pem.bytes().decode()
    shown = Connection("https://a:6443/path", context="c", user="u", ca=pem).identity
    assert (shown.server, shown.context, shown.user) == ("a:6443", "c", "u")
    assert shown.ca_fingerprint is not None
    assert shown.ca_fingerprint.startswith("sha256:")
    assert Connection("https://a", ca=pem + "\n").identity.ca_fingerprint == shown.ca_fingerprint
    assert Connection("https://a").identity.ca_fingerprint is None


def test_a_client_key_is_never_on_a_disk(leaf: trustme.LeafCert) -> None:
    key = leaf.private_key_pem.bytes().decode()
    run = subprocess.run(
        [sys.executable, "-c", LOADS_A_KEY],
        input=f"{chain(leaf)}|{key}",
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
    )
    assert run.stdout == "loaded\n", run.stderr


def test_an_http_server_needs_no_tls() -> None:
    assert Connection("http://127.0.0.1", ca="no PEM").tls_context() is None


ENCRYPTED = """-----BEGIN ENCRYPTED PRIVATE KEY-----
{body}
-----END ENCRYPTED PRIVATE KEY-----
"""


def encrypted(leaf: trustme.LeafCert) -> str:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    ).decode()


def test_certificates_that_cannot_be_loaded_are_named_and_not_quoted(
    ca: trustme.CA, leaf: trustme.LeafCert
) -> None:
    pem, key = ca.cert_pem.bytes().decode(), leaf.private_key_pem.bytes().decode()
    other = ca.issue_cert("bob@capstan.invalid").private_key_pem.bytes().decode()
    bad = {
        "CA": Connection("https://a", context="blue", ca="-----BEGIN CERTIFICATE-----\nc4n4ry"),
        "another key": Connection(
            "https://a", context="blue", ca=pem, client_certificate=chain(leaf), client_key=other
        ),
        "no key": Connection(
            "https://a", context="blue", ca=pem, client_certificate=chain(leaf), client_key="c4n4ry"
        ),
        # Without a password to try, OpenSSL would ask on the terminal, and wait for ever.
        "encrypted key": Connection(
            "https://a",
            context="blue",
            ca=pem,
            client_certificate=chain(leaf),
            client_key=encrypted(leaf),
        ),
    }
    for kind, connection in bad.items():
        with pytest.raises(InvalidKubeconfig, match="context 'blue' cannot be loaded") as caught:
            connection.tls_context()
        assert caught.value.__cause__ is None, kind
        assert caught.value.__context__ is None, kind
        assert "c4n4ry" not in repr(caught.value), kind
    pem += "# a comment of a bundle, in Français"
    assert Connection(
        "https://a", ca=pem, client_certificate=chain(leaf), client_key=key
    ).tls_context()
