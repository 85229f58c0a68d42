from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from kube.api.connection import Connection, ExecPlugin
from kube.api.errors import InvalidKubeconfig, RefusedKubeconfig

MAX_BYTES = 1_000_000
MAX_NAMES = 20
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_EXPORT = "Export it with `kubectl config view --raw --flatten --minify`."
_FILE_KEYS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
# What would sign in as somebody else, or not at all, if it were passed over in silence.
_UNSUPPORTED = {
    "auth-provider": "Kubernetes removed it in 1.26",
    "password": "Kubernetes removed it in 1.19",
    "as": "impersonation is not supported here",
    "as-groups": "impersonation is not supported here",
    "as-user-extra": "impersonation is not supported here",
    "as-uid": "impersonation is not supported here",
}


def parse_kubeconfig(
    text: str, context: str | None = None, allowed_exec: Collection[str] = ()
) -> Connection:
    """Read one context of a kubeconfig.

    Args:
        text: The YAML text, at most 1 MB; certificates and keys must be inline.
        context: The context to use; None takes `current-context`.
        allowed_exec: Commands that an exec plugin may name; empty allows none, since a kubeconfig
            from elsewhere would run what it likes on the worker.

    Raises:
        InvalidKubeconfig: It says what is wrong and where, and never quotes a value.
    """
    document = _load(text)
    chosen = context or _text(document, "current-context", "The kubeconfig")
    if not chosen:
        raise InvalidKubeconfig(
            "The kubeconfig names no current-context; give one of "
            f"{_names(document, 'contexts')} as the context."
        )
    entry, entry_place = _entry(document, "contexts", "context", chosen)
    cluster_name = _text(entry, "cluster", entry_place) or ""
    cluster, cluster_place = _entry(document, "clusters", "cluster", cluster_name)
    user_name = _text(entry, "user", entry_place) or ""
    user, user_place = _entry(document, "users", "user", user_name)
    _refuse_unsupported(cluster, cluster_place)
    _refuse_unsupported(user, user_place)
    certificate = _pem(user, "client-certificate-data", user_place)
    key = _pem(user, "client-key-data", user_place)
    if bool(certificate) != bool(key):
        raise InvalidKubeconfig(
            f"{user_place} has only one of client-certificate-data and client-key-data; it needs "
            f"both, or a token. {_EXPORT}"
        )
    return Connection(
        server=_text(cluster, "server", cluster_place) or "",
        context=chosen,
        user=user_name,
        namespace=_text(entry, "namespace", entry_place) or "default",
        ca=_pem(cluster, "certificate-authority-data", cluster_place),
        client_certificate=certificate,
        client_key=key,
        token=_text(user, "token", user_place),
        exec_plugin=_exec_plugin(user, user_place, allowed_exec),
        tls_server_name=_text(cluster, "tls-server-name", cluster_place),
        insecure_skip_tls_verify=_flag(cluster, "insecure-skip-tls-verify", cluster_place),
        proxy_url=_text(cluster, "proxy-url", cluster_place),
    )


def in_cluster_connection(environ: Mapping[str, str]) -> Connection:
    """Return the connection of the pod this process runs in.

    Raises:
        InvalidKubeconfig: This process does not run in a pod with a ServiceAccount.
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    token, authority = SERVICE_ACCOUNT / "token", SERVICE_ACCOUNT / "ca.crt"
    if not host or not port or not token.is_file() or not authority.is_file():
        raise InvalidKubeconfig(
            "This cluster is set to in-cluster credentials, and this worker does not run in a pod "
            "with a ServiceAccount. Run it in the cluster, or give a kubeconfig."
        )
    host = f"[{host}]" if ":" in host else host
    return Connection(
        server=f"https://{host}:{port}",
        context="in-cluster",
        user="serviceaccount",
        ca=authority.read_text(),
        # The kubelet replaces the token about every hour: it is read again for every new session.
        read_token=lambda: token.read_text().strip(),
    )


def _load(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise InvalidKubeconfig("The kubeconfig is larger than 1 MB; export one context of it.")
    document, problem = _parsed(text)
    if problem:
        raise InvalidKubeconfig(f"The kubeconfig is not valid YAML{problem}. {_EXPORT}")
    if not isinstance(document, dict) or document.get("kind", "Config") != "Config":
        raise InvalidKubeconfig(
            "The text is no kubeconfig: a mapping of kind Config with clusters, users and "
            f"contexts is expected. {_EXPORT}"
        )
    return document


class _Loader(yaml.SafeLoader):
    """Reads plain YAML; a few nested aliases would unfold to gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Read the next node, unless it is an alias."""
        if self.check_event(yaml.AliasEvent):
            mark = self.current_event.start_mark
            raise yaml.MarkedYAMLError(problem="alias", problem_mark=mark)
        return super().compose_node(parent, index)


def _parsed(text: str) -> tuple[Any, str]:
    """Return the document, or where and why it is none.

    The errors of the parser end here, also as a context: they quote the lines around, and so a key.
    """
    try:
        return yaml.load(text, _Loader), ""
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        return None, place + (": aliases are not taken here" if error.problem == "alias" else "")
    except RecursionError:
        return None, ": it is nested too deep"
    except (yaml.YAMLError, ValueError):
        return None, ": a value or a character cannot be read"


def _names(document: dict[str, Any], section: str) -> list[str]:
    entries = document.get(section)
    if not isinstance(entries, list):
        return []
    names = (entry.get("name") for entry in entries if isinstance(entry, dict))
    return [name for name in names if isinstance(name, str)][:MAX_NAMES]


def _entry(
    document: dict[str, Any], section: str, key: str, name: str
) -> tuple[dict[str, Any], str]:
    """Return what the entry `name` of a section holds, and the entry's place for messages."""
    if not isinstance(document.get(section), list):
        raise InvalidKubeconfig(f"The kubeconfig has no list of {section}. {_EXPORT}")
    matches = [e for e in document[section] if isinstance(e, dict) and e.get("name") == name]
    if len(matches) != 1:
        problem = "has no" if not matches else "has more than one"
        raise InvalidKubeconfig(
            f"The kubeconfig {problem} entry {name!r} in {section}; it has "
            f"{_names(document, section)}. {_EXPORT}"
        )
    value = matches[0].get(key)
    if not isinstance(value, dict):
        raise InvalidKubeconfig(f"{section}[{name}] has no mapping {key!r}. {_EXPORT}")
    return value, f"{section}[{name}]"


def _refuse_unsupported(section: dict[str, Any], place: str) -> None:
    for key in _FILE_KEYS:
        if section.get(key):
            raise RefusedKubeconfig(
                f"{place} points to a file ({key}), which the worker does not have. {_EXPORT}"
            )
    for key, why in _UNSUPPORTED.items():
        if section.get(key):
            raise InvalidKubeconfig(
                f"{place} uses {key}: {why}. Use a token, a client certificate or an exec plugin."
            )


def _text(section: dict[str, Any], key: str, place: str) -> str | None:
    value = section.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidKubeconfig(
            f"{place}: {key} must be text, not {type(value).__name__}; put it in quotes."
        )
    return value


def _flag(section: dict[str, Any], key: str, place: str) -> bool:
    value = section.get(key)
    if value is not None and not isinstance(value, bool):
        # The text "false" is true to Python, and this flag turns the checks of TLS off.
        raise InvalidKubeconfig(f"{place}: {key} must be true or false, without quotes.")
    return bool(value)


def _pem(section: dict[str, Any], key: str, place: str) -> str | None:
    value = _text(section, key, place)
    if value is None:
        return None
    try:
        pem = base64.b64decode("".join(value.split()), validate=True).decode("ascii", "ignore")
    except ValueError:
        pem = ""
    if "-----BEGIN " not in pem:
        raise InvalidKubeconfig(
            f"{place}: {key} is not base64 of a PEM text (-----BEGIN …). {_EXPORT}"
        )
    return pem


def _exec_plugin(user: dict[str, Any], place: str, allowed: Collection[str]) -> ExecPlugin | None:
    plugin = user.get("exec")
    if plugin is None:
        return None
    place = f"{place}.exec"
    if not isinstance(plugin, dict):
        raise InvalidKubeconfig(f"{place} must be a mapping with command and apiVersion.")
    command, api_version = _text(plugin, "command", place), _text(plugin, "apiVersion", place)
    if not command or not api_version:
        raise InvalidKubeconfig(f"{place} needs command and apiVersion; see the plugin's manual.")
    if command not in allowed:
        raise RefusedKubeconfig(
            f"{place}: the command {command!r} is not allowed on the workers. Add it to "
            "allowed_exec of the credentials block, or use a token."
        )
    return ExecPlugin(
        command=command,
        api_version=api_version,
        args=_arguments(plugin, place),
        env=_environment(plugin, place),
        provide_cluster_info=_flag(plugin, "provideClusterInfo", place),
    )


def _arguments(plugin: dict[str, Any], place: str) -> tuple[str, ...]:
    args = plugin.get("args") or []
    if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
        raise InvalidKubeconfig(f"{place}.args must be a list of texts; put each in quotes.")
    return tuple(args)


def _environment(plugin: dict[str, Any], place: str) -> tuple[tuple[str, str], ...]:
    env = plugin.get("env") or []
    if not isinstance(env, list) or not all(isinstance(item, dict) for item in env):
        raise InvalidKubeconfig(f"{place}.env must be a list of mappings with name and value.")
    pairs = ((_text(item, "name", f"{place}.env"), item) for item in env)
    return tuple((name, _text(item, "value", f"{place}.env") or "") for name, item in pairs if name)
