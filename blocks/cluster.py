from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from prefect.blocks.core import Block
from pydantic import Field, HttpUrl, SecretStr

from kube.api.client import ApiClient, ClientSettings
from kube.api.connection import Connection, Identity
from kube.api.errors import InvalidKubeconfig
from kube.api.kubeconfig import in_cluster_connection, parse_kubeconfig
from kube.api.sign_in import require_credential
from kube.clusters.facts import ClusterFacts
from kube.clusters.registration import ClusterSettings

# The picture that Prefect's own blocks for Kubernetes have.
KUBERNETES_LOGO = HttpUrl(
    "https://cdn.sanity.io/images/3ugk85nk/production/"
    "2d0b896006ad463b49c28aaac14f31e00e32cfab-250x250.png"
)
Method = Literal["kubeconfig", "token", "in-cluster"]


class ClusterCredentials(Block):
    """How to sign in to a Kubernetes cluster: a kubeconfig, or server and token, or in-cluster.

    Example:
        ```python
        from blocks.cluster import ClusterCredentials

        credentials = ClusterCredentials.load("demo")
        ```
    """

    _block_type_name = "Capstan Cluster Credentials"
    _block_type_slug = "capstan-cluster-credentials"
    _logo_url = KUBERNETES_LOGO
    _description = "Signs in to a Kubernetes cluster; `register-cluster` makes a cluster of it."

    # Required on purpose: Prefect takes a reference to a block for a block given inline as long as
    # nothing is required, and then refuses the run as ambiguous.
    method: Method = Field(description="How to sign in; the fields of the other ways stay empty.")
    kubeconfig: SecretStr | None = Field(
        default=None,
        description="The YAML text, all inline: `kubectl config view --raw --flatten --minify`.",
    )
    context: str | None = Field(
        default=None, description="Context of the kubeconfig; empty takes its current-context."
    )
    server: str | None = Field(
        default=None, description="Address of the API server, where a token is used instead."
    )
    token: SecretStr | None = Field(default=None, description="Bearer token for the server.")
    certificate_authority: str | None = Field(
        default=None, description="PEM text of the CA that signed the server's certificate."
    )
    allowed_exec: list[str] = Field(
        default_factory=list,
        description="Exec plugins that the kubeconfig may run on the worker, such as `aws`.",
    )
    schema_version: int = Field(default=1, description="Version of these settings.")

    def connection(self) -> Connection:
        """Return where the cluster is and how to sign in.

        Raises:
            InvalidKubeconfig: A field of the method is missing, or the kubeconfig is malformed.
        """
        if self.method == "in-cluster":
            return in_cluster_connection(os.environ)
        is_file = self.method == "kubeconfig"
        connection = self._of_kubeconfig() if is_file else self._of_token()
        require_credential(connection)
        return connection

    def _of_kubeconfig(self) -> Connection:
        if self.kubeconfig is None:
            raise InvalidKubeconfig("The method is kubeconfig, and the block holds none.")
        return parse_kubeconfig(self.kubeconfig.get_secret_value(), self.context, self.allowed_exec)

    def _of_token(self) -> Connection:
        if not self.server or self.token is None:
            raise InvalidKubeconfig("The method is token, which needs server and token.")
        return Connection(
            server=self.server,
            user="token",
            ca=self.certificate_authority,
            token=self.token.get_secret_value(),
        )


class Cluster(ClusterCredentials):
    """A registered Kubernetes cluster: how to sign in, what it is, and what may be done to it.

    Example:
        ```python
        from blocks.cluster import Cluster

        async with (await Cluster.aload("demo")).open() as api:
            nodes = await api.get("/api/v1/nodes")
        ```
    """

    _block_type_name = "Capstan Cluster"
    _block_type_slug = "capstan-cluster"
    _logo_url = KUBERNETES_LOGO
    _description = "A Kubernetes cluster that Capstan operates; made by `register-cluster`."

    settings: ClusterSettings = Field(
        default_factory=ClusterSettings,
        description="What the cluster is, and what may be done to it.",
    )

    @property
    def name(self) -> str:
        """Return the name under which the cluster is registered.

        Raises:
            ValueError: The block was not saved or loaded, so it has no name.
        """
        if not self._block_document_name:
            raise ValueError("This cluster block has no name yet; save it or load it by name.")
        return self._block_document_name

    def facts(self) -> ClusterFacts:
        """Return all that may be shown of this cluster; a broken credential shows as such."""
        try:
            identity = self.connection().identity
        except InvalidKubeconfig:
            # In-cluster credentials cannot be read elsewhere; malformed ones are told when used.
            where = "in-cluster" if self.method == "in-cluster" else "unreadable credentials"
            identity = Identity(server=where, context="", user="", ca_fingerprint=None)
        return ClusterFacts.of(identity, self.settings)

    def client_settings(self, *, dry_run: bool = False) -> ClientSettings:
        """Return how a client of this cluster behaves."""
        return ClientSettings(
            connect_timeout_seconds=self.settings.connect_timeout_seconds,
            read_timeout_seconds=self.settings.read_timeout_seconds,
            in_flight=self.settings.max_requests_in_flight,
            dry_run=dry_run,
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ApiClient]:
        """Lend a client for the length of a task.

        Raises:
            KubeError: The credentials are malformed, or signing in failed.
        """
        async with ApiClient(self.connection(), self.client_settings()) as api:
            yield api


class ClusterVersion(Cluster):
    """An earlier version of a registered cluster, kept when `update-cluster` replaces it.

    Example:
        ```python
        from blocks.cluster import ClusterVersion

        earlier = ClusterVersion.load("demo-20260102t030405000000")
        ```
    """

    _block_type_name = "Capstan Cluster Version"
    _block_type_slug = "capstan-cluster-version"
    _logo_url = KUBERNETES_LOGO
    _description = "What a cluster's block was before an update."
