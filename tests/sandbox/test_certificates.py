import datetime
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.certificates import SERVER_NAMES, Authority, ClientCertificate


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "pki")


def parsed(client: ClientCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(client.certificate)


def values(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str | bytes]:
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(oid)]


def test_a_user_has_its_name_and_all_its_groups(authority: Authority) -> None:
    certificate = parsed(authority.client("alice", ("dev", "ops")))
    assert values(certificate, NameOID.COMMON_NAME) == ["alice"]
    assert values(certificate, NameOID.ORGANIZATION_NAME) == ["dev", "ops"]


def test_a_user_without_groups_is_in_none(authority: Authority) -> None:
    assert values(parsed(authority.client("bob")), NameOID.ORGANIZATION_NAME) == []


def test_the_authority_signed_it(authority: Authority) -> None:
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    parsed(authority.client("alice")).verify_directly_issued_by(issuer)


def test_the_server_answers_to_every_name(authority: Authority) -> None:
    server = x509.load_pem_x509_certificate((authority.folder / "server.crt").read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = names.get_values_for_type(x509.DNSName)
    addresses = [str(a) for a in names.get_values_for_type(x509.IPAddress)]
    assert sorted([*found, *addresses]) == sorted(SERVER_NAMES)


def test_a_certificate_can_have_expired(authority: Authority) -> None:
    end = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = parsed(authority.client("alice", not_after=end))
    assert certificate.not_valid_after_utc == end
    assert certificate.not_valid_before_utc < end


def test_nobody_else_can_read_a_key(authority: Authority) -> None:
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in authority.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"ca.key", "server.key", "front-proxy.key", "sa.key", "sa.pub"} <= set(modes)
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700


def test_another_process_can_go_on_with_the_same_authority(authority: Authority) -> None:
    again = Authority.load(authority.folder)
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    client = again.client("carol")
    parsed(client).verify_directly_issued_by(issuer)
    assert isinstance(parsed(client).public_key(), ec.EllipticCurvePublicKey)


def test_no_authority_no_certificates(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Authority.load(tmp_path)
