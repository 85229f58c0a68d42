"""Compile executables from the projects' Go modules, whose sums are pinned or in the public log."""

import importlib.resources
import os
import shutil
import subprocess
import threading
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sandbox import versions
from sandbox.binaries.catalog import of_project
from sandbox.binaries.progress import Progress

BUILD_SECONDS = 3600.0
LIST_SECONDS = 900.0
FREE_BYTES = 8 << 30
TAIL_LINES = 12


class BuildFailed(Exception):
    """Go could not build a project; carries its last lines."""


@dataclass(frozen=True)
class Recipe:
    """How a project is built.

    Attributes:
        module: The folder under ``modules/`` with its go.mod and go.sum; None for ``go install``.
        package: What ``go install`` gets; None for the tools of the module.
        flags: Flags of the compiler and linker.
        renamed: Executables that come out under another name.
    """

    module: str | None
    package: str | None
    flags: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...] = ()


def recipe(project: str) -> Recipe:
    """Return how a project is built.

    The version stamps matter: an API server without one calls itself ``v0.0.0-master``, and
    charts with a ``kubeVersion`` are refused.

    Args:
        project: A project of the catalog.

    Raises:
        KeyError: There is no such project.
    """
    kubernetes = f"v{versions.KUBERNETES}"
    major, minor, _ = versions.KUBERNETES.split(".")
    stamps = [
        f"-X {package}.{name}={value}"
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in (
            ("gitVersion", kubernetes),
            ("gitMajor", major),
            ("gitMinor", minor),
            ("gitCommit", "unknown"),
            ("gitTreeState", "clean"),
            ("buildDate", "1970-01-01T00:00:00Z"),
        )
    ]
    etcd, helm, metrics = (
        f"-X go.etcd.io/etcd/api/v3/version.GitSHA=v{versions.ETCD}",
        f"-X helm.sh/helm/v4/internal/version.version=v{versions.HELM}",
        f"-X k8s.io/client-go/pkg/version.gitVersion=v{versions.METRICS_SERVER}",
    )
    return {
        "kubernetes": Recipe(
            "kubernetes",
            None,
            ("-tags", "selinux,notest,grpcnotrace", "-ldflags", " ".join(["-s -w", *stamps])),
        ),
        "etcd": Recipe("etcd", None, ("-ldflags", f"-s -w {etcd}"), (("server", "etcd"),)),
        "kwok": Recipe(None, f"sigs.k8s.io/kwok/cmd/kwok@v{versions.KWOK}", ("-ldflags", "-s -w")),
        "helm": Recipe(
            None, f"helm.sh/helm/v4/cmd/helm@v{versions.HELM}", ("-ldflags", f"-s -w {helm}")
        ),
        "metrics-server": Recipe(
            None,
            f"sigs.k8s.io/metrics-server/cmd/metrics-server@v{versions.METRICS_SERVER}",
            ("-ldflags", f"-s -w {metrics}"),
        ),
    }[project]


def build(project: str, go: Path, folder: Path, progress: Progress) -> dict[str, Path]:
    """Build a project.

    Args:
        project: A project of the catalog.
        go: The compiler.
        folder: Scratch space of several GB that the caller removes: results, and the build
            cache that projects built together share.
        progress: Told about each package.

    Returns:
        An executable per name.

    Raises:
        BuildFailed: Too little space, or Go failed; carries its last lines.
    """
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise BuildFailed(f"{folder} has {free >> 30} GiB free, and a build takes up to 8 GiB")
    how = recipe(project)
    results = folder / "bin"
    for name in ("bin", "cache", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    label = f"building {project} (packages)"
    with ExitStack() as stack:
        if how.module is None:
            environment = _environment(folder, "")
            command = [str(go), "install", "-v", "-trimpath", *how.flags, str(how.package)]
            _run(command, folder, environment, label, None, progress)
        else:
            modules = importlib.resources.files("sandbox").joinpath("modules", how.module)
            module = stack.enter_context(importlib.resources.as_file(modules))
            environment = _environment(folder, "-mod=readonly")
            total = _count_packages(go, module, how, environment, project, progress)
            command = [str(go), "build", "-v", "-trimpath", *how.flags]
            command += ["-o", f"{results}/", "tool"]
            _run(command, module, environment, label, total, progress)
    for before, after in how.renamed:
        os.replace(results / before, results / after)
    return {b.name: results / b.name for b in of_project(project)}


def _environment(folder: Path, flags: str) -> dict[str, str]:
    """Return a build's environment: the module proxy is the user's, everything else ours."""
    kept = {k: v for k, v in os.environ.items() if k not in ("GOOS", "GOARCH", "GOEXPERIMENT")}
    return kept | {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": flags,
        "GOBIN": str(folder / "bin"),
        # Four gigabytes that nobody needs again; the module cache stays where it is.
        "GOCACHE": str(folder / "cache"),
        "GOTMPDIR": str(folder / "tmp"),
    }


def _count_packages(
    go: Path,
    module: Path,
    how: Recipe,
    environment: dict[str, str],
    project: str,
    progress: Progress,
) -> int:
    """Count what there is to compile; this also fetches the modules."""
    tags = how.flags[:2] if how.flags[0] == "-tags" else ()
    command = [str(go), "list", *tags, "-deps", "tool"]
    label = f"fetching the modules of {project}"
    return _run(command, module, environment, label, None, progress, seconds=LIST_SECONDS)


def _run(
    command: list[str],
    folder: Path,
    environment: dict[str, str],
    label: str,
    total: int | None,
    progress: Progress,
    *,
    seconds: float = BUILD_SECONDS,
) -> int:
    """Run Go, counting the packages it names line by line.

    Returns:
        How many packages it named.

    Raises:
        BuildFailed: It failed or took too long.
    """
    packages = downloads = 0
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            for line in process.stdout or ():
                if line.startswith("go: "):
                    downloads += 1
                    progress.step(f"{label}: modules", downloads)
                elif " " not in line:
                    packages += 1
                    progress.step(label, packages, total)
                tail.append(line.rstrip())
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
    if process.returncode != 0:
        raise BuildFailed(
            f"{' '.join(command[:2])} ended with {process.returncode}:\n" + "\n".join(tail)
        )
    return packages
