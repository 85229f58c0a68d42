"""Errors of the sandbox.

SandboxError
├── UnsupportedPlatform   no server binaries exist for this system
├── BinariesMissing       a binary was found nowhere; says where was looked and what to do
├── StateInUse            another control plane holds the state folder, or it is not ours
├── ComponentExited       a process of the control plane ended by itself; carries its last lines
├── NotReady              a component did not become ready in time; carries its last lines
├── KubectlFailed         a kubectl command ended with an error; carries its standard error
├── ApiRefused            the API server answered a request of ours with an error status
└── TourFailed            a step of the demo's tour did not end as it should; says which and how
"""


class SandboxError(Exception):
    """Anything that goes wrong in the sandbox itself."""


class UnsupportedPlatform(SandboxError):
    """Kubernetes servers exist for Linux on x86-64 and arm64 only."""


class BinariesMissing(SandboxError):
    """At least one binary could not be found, downloaded or built."""


class StateInUse(SandboxError):
    """The state folder belongs to a running control plane, or to something else entirely."""


class ComponentExited(SandboxError):
    """A process of the control plane ended without being asked to."""


class NotReady(SandboxError):
    """A component runs but did not become ready in time."""


class KubectlFailed(SandboxError):
    """Kubectl ended with an error."""


class ApiRefused(SandboxError):
    """The API server answered with an error status.

    Attributes:
        status: The HTTP status code.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class TourFailed(SandboxError):
    """A step of the demo's tour did not end as it should."""
