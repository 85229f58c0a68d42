"""The API server's rules for names, where they are certain for every version we talk to.

Source: k8s.io/apimachinery/pkg/util/validation and pkg/apis/*/validation of Kubernetes 1.36. Where
kinds or versions differ (the Service name's first letter, the length of a CronJob's), the rule
here is the looser one, and the server's dry run decides.
"""

from __future__ import annotations

import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_KIND = re.compile(r"[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?")
_LABEL_LENGTH = 63
_SUBDOMAIN_LENGTH = 253

_LABEL_KINDS = frozenset({("", "Namespace"), ("", "Service")})
_SUBDOMAIN_KINDS = frozenset(
    (group, kind)
    for group, kinds in {
        "": "ConfigMap Secret Pod ServiceAccount LimitRange ResourceQuota PersistentVolume Node "
        "PersistentVolumeClaim Endpoints",
        "apps": "Deployment DaemonSet ReplicaSet StatefulSet ControllerRevision",
        "batch": "Job CronJob",
        "autoscaling": "HorizontalPodAutoscaler",
        "networking.k8s.io": "Ingress IngressClass NetworkPolicy",
        "storage.k8s.io": "StorageClass CSIDriver",
        "scheduling.k8s.io": "PriorityClass",
        "node.k8s.io": "RuntimeClass",
        "apiextensions.k8s.io": "CustomResourceDefinition",
        "discovery.k8s.io": "EndpointSlice",
        "admissionregistration.k8s.io": "ValidatingWebhookConfiguration "
        "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
    }.items()
    for kind in kinds.split()
)


def is_label(text: str) -> bool:
    """Return whether a text is a DNS label (RFC 1123), as a namespace's name must be."""
    return len(text) <= _LABEL_LENGTH and _LABEL.fullmatch(text) is not None


def is_subdomain(text: str) -> bool:
    """Return whether a text is a DNS subdomain (RFC 1123), as most names must be."""
    return len(text) <= _SUBDOMAIN_LENGTH and _SUBDOMAIN.fullmatch(text) is not None


def is_qualified(text: str) -> bool:
    """Return whether a text is a key of a label: `name` or `prefix/name`."""
    prefix, slash, name = text.rpartition("/")
    if slash and not is_subdomain(prefix):
        return False
    return len(name) <= _LABEL_LENGTH and _QUALIFIED.fullmatch(name) is not None


def is_label_value(text: str) -> bool:
    """Return whether a text is a value of a label; the empty text is one."""
    return not text or (len(text) <= _LABEL_LENGTH and _QUALIFIED.fullmatch(text) is not None)


def is_api_version(text: str) -> bool:
    """Return whether a text is `version` or `group/version`."""
    group, slash, version = text.rpartition("/")
    return is_label(version) and (not slash or is_subdomain(group))


def is_kind(text: str) -> bool:
    """Return whether a text can be a kind, which is a DNS label but for its capitals."""
    return len(text) <= _LABEL_LENGTH and _KIND.fullmatch(text) is not None


def name_rule(group: str, kind: str, name: str) -> str | None:
    """Return the rule that a name breaks for its kind, or None.

    Kinds of other groups need a name that can stand in a path, as RBAC's do: whether a custom
    resource's name is a DNS subdomain is known to the server that serves it.
    """
    if (group, kind) in _LABEL_KINDS:
        rule = "at most 63 lower-case letters, digits and dashes, a letter or digit at both ends"
        return None if is_label(name) else rule
    if (group, kind) in _SUBDOMAIN_KINDS:
        rule = "lower-case letters, digits, dashes and dots, a letter or digit at both ends"
        return None if is_subdomain(name) else rule
    fits = name not in (".", "..") and not any(sign in name for sign in "/%")
    return None if fits else "no slash and no percent sign, and not . or .."
