"""A cluster that somebody has already, named explicitly: nothing is started or stopped here."""

import subprocess
from pathlib import Path

from sandbox.errors import KubectlFailed

KUBECTL_SECONDS = 60.0


class OwnCluster:
    """One named context of one kubeconfig, through kubectl."""

    def __init__(self, kubectl: Path, kubeconfig: Path, context: str) -> None:
        """Name a cluster; sends nothing.

        Args:
            kubectl: The executable.
            kubeconfig: The file.
            context: The context, by name: never simply the current one, which changes.
        """
        self._command = [str(kubectl), f"--kubeconfig={kubeconfig}", f"--context={context}"]

    @property
    def kubeconfig_text(self) -> str:
        """A kubeconfig of this context alone, with everything inline.

        Raises:
            KubectlFailed: There is no such context, or a file that it names.
        """
        return self.kubectl("config", "view", "--minify", "--flatten", "--raw", "--output=yaml")

    def kubectl(self, *arguments: str, timeout_seconds: float = KUBECTL_SECONDS) -> str:
        """Run kubectl and return its standard output.

        Raises:
            KubectlFailed: It ended with an error, whose text it carries, or not in time.
        """
        words = " ".join(arguments)
        try:
            run = subprocess.run(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout_seconds,
            )
        except subprocess.TimeoutExpired:
            raise KubectlFailed(f"kubectl {words}: no end after {timeout_seconds:.0f} s") from None
        if run.returncode != 0:
            raise KubectlFailed(f"kubectl {words}: {run.stderr.strip()}")
        return run.stdout
