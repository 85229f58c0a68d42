"""The requests of an apply and nothing else: no plan, no record, no judgement of the answers.

`python -m tests.bench.bare_once KUBECONFIG MANIFESTS` sends one server-side apply an object, 32 at
a time, in the order of the file; prints its figures as JSON.
"""

import asyncio
import json
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from ssl import SSLContext, create_default_context
from typing import Any

import aiohttp
import orjson
import yaml

IN_FLIGHT = 32
HEADERS = {"Content-Type": "application/apply-patch+yaml", "Accept": "application/json"}
QUERY = {"fieldManager": "bare", "fieldValidation": "Strict"}


async def _load(kubeconfig: dict[str, Any], manifests: str) -> float:
    """Send everything and return the seconds from the first request to the last answer."""
    objects = [
        (_path(one), orjson.dumps(one)) for one in yaml.load_all(manifests, yaml.CSafeLoader)
    ]
    server = kubeconfig["clusters"][0]["cluster"]["server"]
    connector = aiohttp.TCPConnector(ssl=_tls(kubeconfig), limit=IN_FLIGHT)
    async with aiohttp.ClientSession(server, connector=connector, headers=HEADERS) as session:
        began = time.monotonic()
        jobs = iter(objects)
        await asyncio.gather(*(_send(session, jobs) for _ in range(IN_FLIGHT)))
        return time.monotonic() - began


async def _send(session: aiohttp.ClientSession, jobs: Iterator[tuple[str, bytes]]) -> None:
    for path, body in jobs:
        async with session.patch(path, params=QUERY, data=body) as answer:
            await answer.read()
            answer.raise_for_status()


def _path(one: dict[str, Any]) -> str:
    version, name = one["apiVersion"], one["metadata"]["name"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    namespace = one["metadata"]["namespace"]
    return f"{root}/namespaces/{namespace}/{one['kind'].lower()}s/{name}"


def _tls(kubeconfig: dict[str, Any]) -> SSLContext:
    cluster, user = kubeconfig["clusters"][0]["cluster"], kubeconfig["users"][0]["user"]
    context = create_default_context(
        cadata=b64decode(cluster["certificate-authority-data"]).decode()
    )
    with tempfile.NamedTemporaryFile() as pair:
        pair.write(b64decode(user["client-certificate-data"]) + b"\n")
        pair.write(b64decode(user["client-key-data"]))
        pair.flush()
        context.load_cert_chain(pair.name)
    return context


if __name__ == "__main__":
    config = yaml.load(Path(sys.argv[1]).read_text(), yaml.CSafeLoader)
    seconds = asyncio.run(_load(config, Path(sys.argv[2]).read_text()))
    print(json.dumps({"seconds": seconds}))
