"""What a kubeconfig may say, and that a bad one is refused without repeating its secrets."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from kube.api.connection import ExecPlugin
from kube.api.errors import InvalidKubeconfig
from kube.api.kubeconfig import parse_kubeconfig

CANARY = "c4n4ry-s3cr3t"
EXEC = "client.authentication.k8s.io/v1"


def pem(kind: str, body: str = CANARY) -> str:
    return base64.b64encode(
        f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n".encode()
    ).decode()


def good(**user: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "blue",
        "clusters": [
            {
                "name": "blue-cluster",
                "cluster": {
                    "server": "https://10.0.0.1:6443/",
                    "certificate-authority-data": pem("CERTIFICATE"),
                },
            }
        ],
        "users": [{"name": "ann", "user": user or {"token": CANARY}}],
        "contexts": [
            {"name": "blue", "context": {"cluster": "blue-cluster", "user": "ann"}},
            {
                "name": "green",
                "context": {"cluster": "blue-cluster", "user": "ann", "namespace": "shop"},
            },
        ],
    }


def text(document: Any) -> str:
    return yaml.safe_dump(document)


def changed(change: Callable[[dict[str, Any]], Any], **user: Any) -> str:
    document = good(**user)
    change(document)
    return text(document)


def cluster(key: str, value: Any) -> str:
    return changed(lambda d: d["clusters"][0]["cluster"].update({key: value}))


def user(**fields: Any) -> str:
    return text(good(**fields))


def plugin(**fields: Any) -> str:
    return user(exec={"command": "aws", "apiVersion": EXEC, **fields})


def broken_yaml() -> str:
    return text(good()) + f"\n  token: {CANARY}\n :: ["


# Each kind of bad input: the text, what the message must name (the place), and the remedy.
BAD = {
    "yaml syntax": (broken_yaml(), "line", "kubectl config view"),
    "yaml control character": (f"token: {CANARY}\x00", "not valid YAML", "kubectl config view"),
    "lone surrogate": (f"token: {CANARY}\ud800", "not valid YAML", "kubectl config view"),
    "yaml value that is no date": (f"a: 2026-99-99\ntoken: {CANARY}", "value", "kubectl config"),
    "nested too deep": ("- " * 2_000 + CANARY, "nested too deep", "kubectl config view"),
    "alias": (f"a: &a {CANARY}\nb: [*a, *a]", "line 2, column 5: aliases", "kubectl config view"),
    "too large": (text(good()) + f"# {CANARY}" * 100_000, "1 MB", "export one context"),
    "a list": (text([CANARY]), "no kubeconfig", "kubectl config view"),
    "another kind": (text(good() | {"kind": "Secret"}), "kind Config", "kubectl config view"),
    "no current-context": (text(good() | {"current-context": ""}), "current-context", "'green'"),
    "a context that is no text": (
        text(good() | {"current-context": 7}),
        "current-context",
        "quotes",
    ),
    "unknown context": (text(good() | {"current-context": "x"}), "'x' in contexts", "'green'"),
    "no list of users": (text(good() | {"users": {}}), "users", "kubectl config view"),
    "user named twice": (
        changed(lambda d: d["users"].append({"name": "ann", "user": {}})),
        "users",
        "more than",
    ),
    "entry without its mapping": (
        changed(lambda d: d["users"][0].update(user=CANARY)),
        "users[ann]",
        "kubectl config view",
    ),
    "context without a cluster": (
        changed(lambda d: d["contexts"][0]["context"].pop("cluster")),
        "clusters",
        "'blue-cluster'",
    ),
    "token file": (user(tokenFile="/x"), "users[ann]", "--flatten"),
    "key file": (user(**{"client-key": "/x"}), "users[ann]", "--flatten"),
    "CA file": (cluster("certificate-authority", "/x"), "clusters[blue-cluster]", "--flatten"),
    "auth provider": (user(**{"auth-provider": {"a": CANARY}}), "users[ann]", "exec plugin"),
    "password": (user(username="ann", password=CANARY), "users[ann] uses password", "token"),
    "impersonation": (user(**{"token": CANARY, "as": "bob"}), "users[ann] uses as", "token"),
    "token that is no text": (user(token=[CANARY]), "users[ann]: token", "in quotes"),
    "token with a line break": (user(token=f"{CANARY}\n"), "user 'ann'", "copy it again"),
    "CA that is no base64": (
        cluster("certificate-authority-data", f"{CANARY}!"),
        "clusters[blue-cluster]: certificate-authority-data",
        "kubectl config view",
    ),
    "key that is no text": (
        user(**{"client-key-data": base64.b64encode(CANARY.encode() + b"\xff").decode()}),
        "users[ann]: client-key-data",
        "kubectl config view",
    ),
    "certificate that is no PEM": (
        user(**{"client-certificate-data": base64.b64encode(CANARY.encode()).decode()}),
        "users[ann]: client-certificate-data",
        "kubectl config view",
    ),
    "key without a certificate": (
        user(**{"client-key-data": pem("PRIVATE KEY")}),
        "users[ann]",
        "needs both",
    ),
    "TLS flag in quotes": (cluster("insecure-skip-tls-verify", "false"), "clusters[", "true or"),
    "no server": (cluster("server", ""), "server", "https://10.0.0.1:6443"),
    "server without a scheme": (cluster("server", "10.0.0.1:6443"), "server", "https://"),
    "server with a bad port": (cluster("server", "https://a:port"), "server", "https://"),
    "server with a password": (cluster("server", f"https://u:{CANARY}@a"), "server", "https://"),
    "server in clear": (cluster("server", "http://10.0.0.1"), "server", "https address"),
    "proxy of another kind": (
        cluster("proxy-url", f"socks5://u:{CANARY}@p:1"),
        "proxy-url",
        "http",
    ),
    "exec that is no mapping": (user(exec=CANARY), "users[ann].exec", "command and apiVersion"),
    "exec without a version": (user(exec={"command": "aws"}), "users[ann].exec", "apiVersion"),
    "exec that is not allowed": (
        user(exec={"command": "rm", "apiVersion": EXEC, "args": [CANARY]}),
        "users[ann].exec: the command 'rm'",
        "allowed_exec",
    ),
    "exec with one text as arguments": (plugin(args=CANARY), "users[ann].exec.args", "list"),
    "exec with broken environment": (plugin(env=[CANARY]), "users[ann].exec.env", "list"),
}


def everything_told(error: BaseException | None) -> str:
    """Return all text that an error and the errors it hangs on can show."""
    if error is None:
        return ""
    told = f"{error} {error!r} {error.args!r} {vars(error)!r}"
    return told + everything_told(error.__cause__) + everything_told(error.__context__)


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_named_with_place_and_remedy_and_no_secret(kind: str) -> None:
    document, place, remedy = BAD[kind]
    with pytest.raises(InvalidKubeconfig) as caught:
        parse_kubeconfig(document, allowed_exec=["aws"])
    told = everything_told(caught.value)
    assert place in str(caught.value)
    assert remedy in str(caught.value)
    assert CANARY not in told
    assert base64.b64encode(CANARY.encode()).decode()[:12] not in told


def test_a_connection_shows_no_secret() -> None:
    document = good(
        **{
            "token": CANARY,
            "client-certificate-data": pem("CERTIFICATE"),
            "client-key-data": pem("PRIVATE KEY"),
            "exec": {
                "command": "aws",
                "apiVersion": EXEC,
                "args": ["--secret", CANARY],
                "env": [{"name": "SECRET", "value": CANARY}],
            },
        }
    )
    document["clusters"][0]["cluster"]["proxy-url"] = f"http://u:{CANARY}@proxy:3128"
    connection = parse_kubeconfig(text(document), allowed_exec=["aws"])
    assert connection.token == CANARY
    assert CANARY not in f"{connection!r} {connection} {connection.identity!r}"


def test_the_current_context_is_taken_where_none_is_asked_for() -> None:
    connection = parse_kubeconfig(text(good()))
    assert connection.server == "https://10.0.0.1:6443"
    assert (connection.context, connection.user, connection.namespace) == ("blue", "ann", "default")
    assert connection.ca is not None
    assert connection.ca.startswith("-----BEGIN CERTIFICATE-----")
    assert not connection.insecure_skip_tls_verify


def test_the_asked_context_wins_over_the_current_one() -> None:
    connection = parse_kubeconfig(text(good()), context="green")
    assert (connection.context, connection.namespace) == ("green", "shop")


def test_an_allowed_exec_plugin_is_taken_whole() -> None:
    document = plugin(
        args=["eks", "get-token"],
        env=[{"name": "A", "value": "1"}, {"name": "B", "value": ""}],
        provideClusterInfo=True,
    )
    assert parse_kubeconfig(document, allowed_exec=["aws"]).exec_plugin == ExecPlugin(
        "aws", EXEC, ("eks", "get-token"), (("A", "1"), ("B", "")), provide_cluster_info=True
    )


def test_base64_in_folded_lines_is_taken() -> None:
    folded = pem("CERTIFICATE", "x" * 200)
    folded = "\n".join(folded[i : i + 64] for i in range(0, len(folded), 64))
    assert parse_kubeconfig(cluster("certificate-authority-data", folded)).ca


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:8001", "http://[::1]:8001", "http://localhost"]
)
def test_plain_http_is_taken_on_this_machine_only(server: str) -> None:
    assert parse_kubeconfig(cluster("server", server)).server == server


@pytest.mark.parametrize(
    "server", ["https://[2001:db8::1]:6443", "https://rancher/k8s/clusters/c-1"]
)
def test_ipv6_and_a_path_prefix_are_taken(server: str) -> None:
    assert parse_kubeconfig(cluster("server", server)).server == server
