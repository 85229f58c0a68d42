from __future__ import annotations

from typing import Any

from prefect.blocks.core import Block
from prefect.types import SecretDict
from pydantic import Field


class Variables(Block):
    """Values of secret variables of templates, kept encrypted by the server.

    Example:
        ```python
        from blocks.variables import Variables

        Variables(values={"password": "…"}).save("shop")
        ```
    """

    _block_type_name = "Capstan Variables"
    _block_type_slug = "capstan-variables"
    _description = "Secret values for templates; a run names the block and never holds a value."

    # Required, as every block of ours needs one field: see `ClusterCredentials.method`.
    values: SecretDict = Field(
        title="Values", description="Values by the variable's name; one block may serve templates."
    )
    schema_version: int = Field(default=1, description="Version of these settings.")

    @property
    def name(self) -> str | None:
        """Return the name that the block was saved or loaded under, None where it was not."""
        return self._block_document_name

    def secrets(self) -> dict[str, Any]:
        """Return the values in clear; they go into a rendering and nowhere else."""
        return dict(self.values.get_secret_value())
