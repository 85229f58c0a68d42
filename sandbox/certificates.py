"""The cluster's certificate authority and everything it signs."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.files import write_private

SERVER_NAMES = (
    "localhost",
    "127.0.0.1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "127.96.0.1",
)
"""Every name and address under which a client reaches the API server."""


@dataclass(frozen=True)
class ClientCertificate:
    """A client's certificate and key, both PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """A certificate authority that lives in one folder."""

    def __init__(self, folder: Path, ca: trustme.CA) -> None:
        self.folder = folder
        self._ca = ca

    @classmethod
    def create(cls, folder: Path) -> "Authority":
        """Make a new authority and write the server, front-proxy and service-account keys.

        Args:
            folder: Made if it is not there, with mode 0700; earlier keys in it are replaced.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = cls(folder, trustme.CA())
        write_private(folder / "ca.crt", authority.certificate)
        write_private(folder / "ca.key", authority._ca.private_key_pem.bytes())
        server = authority._ca.issue_cert(*SERVER_NAMES)
        authority._write("server", server)
        # The API server accepts X-Remote-User only from a caller with exactly this name.
        proxy = authority._ca.issue_cert("front-proxy@local", common_name="front-proxy-client")
        authority._write("front-proxy", proxy)
        authority._write_service_account_pair()
        return authority

    @classmethod
    def load(cls, folder: Path) -> "Authority":
        """Open an authority that `create` wrote, from this or another process.

        Raises:
            FileNotFoundError: No authority lives in the folder.
        """
        certificate = (folder / "ca.crt").read_bytes()
        return cls(folder, trustme.CA.from_pem(certificate, (folder / "ca.key").read_bytes()))

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, PEM."""
        return self._ca.cert_pem.bytes()

    def client(
        self, name: str, groups: tuple[str, ...] = (), *, not_after: datetime.datetime | None = None
    ) -> ClientCertificate:
        """Sign a client certificate, which is all a Kubernetes user is.

        Args:
            name: The user name (common name).
            groups: The user's groups (one organization each).
            not_after: End of validity, with a time zone; one in the past makes a certificate
                that the API server refuses with 401. None is a year from now.
        """
        # trustme takes one organization only, and a user may be in several groups.
        end = not_after or datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=365)
        begin = min(end, datetime.datetime.now(datetime.UTC)) - datetime.timedelta(days=1)
        key = ec.generate_private_key(ec.SECP256R1())
        signer = serialization.load_pem_private_key(self._ca.private_key_pem.bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"the authority in {self.folder} has no elliptic-curve key")
        issuer = x509.load_pem_x509_certificate(self.certificate)
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        attributes += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, g) for g in groups]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(attributes))
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        )
        certificate = builder.sign(signer, hashes.SHA256())
        return ClientCertificate(
            certificate.public_bytes(serialization.Encoding.PEM), _private_pem(key)
        )

    def _write(self, stem: str, leaf: trustme.LeafCert) -> None:
        """Write a certificate chain and its key as ``stem.crt`` and ``stem.key``."""
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        write_private(self.folder / f"{stem}.crt", chain)
        write_private(self.folder / f"{stem}.key", leaf.private_key_pem.bytes())

    def _write_service_account_pair(self) -> None:
        """Write the key pair that signs and checks service-account tokens."""
        key = ec.generate_private_key(ec.SECP256R1())
        write_private(self.folder / "sa.key", _private_pem(key))
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        write_private(self.folder / "sa.pub", public)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Encode a private key in the traditional form, which every Kubernetes component reads."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
