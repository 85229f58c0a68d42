"""Credentials that expire: from an exec plugin or a token file, renewed once after a 401."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from kube.api import sign_in as module
from kube.api.client import ApiClient, ClientSettings
from kube.api.connection import Connection, ExecPlugin
from kube.api.errors import Unauthorized
from kube.api.sign_in import sign_in
from tests.unit.api.server import Answer, CannedServer, refuses, says, streams

PATH = "/api/v1/pods"
API_VERSION = "client.authentication.k8s.io/v1"

# Prints `t1` when run the first time, `t2` the second time, and so on.
COUNTS = """
with open(log, "a+") as file:
    file.write("run\\n")
    file.seek(0)
    token = f"t{len(file.readlines())}"
"""
PRINTS = """
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1",
                  "kind": "ExecCredential", "status": {"token": token}}))
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[[str], ExecPlugin]:
    """Make an exec plugin of a few lines of Python; `log` in it is a file in `tmp_path`."""

    def make(body: str, *args: str) -> ExecPlugin:
        script = tmp_path / "plugin.py"
        script.write_text(f"import base64, json, os, sys\nlog = {str(tmp_path / 'log')!r}\n{body}")
        # -I -S: no site packages, so that it starts in a hundredth of a second.
        return ExecPlugin(sys.executable, API_VERSION, ("-I", "-S", str(script), *args))

    return make


@pytest.fixture
def runs(tmp_path: Path) -> Callable[[], int]:
    return lambda: len((tmp_path / "log").read_text().splitlines())


def accepts(*tokens: str, answer: Answer | None = None) -> Answer:
    """Answer 401 to every other token."""

    async def judge(request: web.BaseRequest) -> web.StreamResponse:
        good = request.headers.get("Authorization") in {f"Bearer {token}" for token in tokens}
        return await ((answer or says({})) if good else refuses(401, "Unauthorized"))(request)

    return judge


async def test_many_requests_at_once_renew_an_expired_credential_once(
    server: CannedServer, plugin: Callable[[str], ExecPlugin], runs: Callable[[], int]
) -> None:
    server.answers(otherwise=accepts("t2"))
    connection = Connection(server.url, exec_plugin=plugin(COUNTS + PRINTS))
    async with ApiClient(connection, ClientSettings(in_flight=16)) as api:
        assert await asyncio.gather(*(api.get(PATH) for _ in range(40))) == [{}] * 40
        await api.write("POST", PATH, {})
        assert runs() == 2
        assert api.calls.total() == len(server.seen)


async def test_a_watch_renews_an_expired_credential_too(
    server: CannedServer, plugin: Callable[[str], ExecPlugin], runs: Callable[[], int]
) -> None:
    server.answers(otherwise=accepts("t2", answer=streams(b"line\n")))
    connection = Connection(server.url, exec_plugin=plugin(COUNTS + PRINTS))
    async with ApiClient(connection) as api, api.stream(PATH, {}) as content:
        assert await content.read() == b"line\n"
    assert (runs(), api.calls) == (2, {"GET": 2})


async def test_a_renewed_credential_that_is_refused_too_is_not_renewed_for_ever(
    server: CannedServer, plugin: Callable[[str], ExecPlugin], runs: Callable[[], int]
) -> None:
    server.answers(otherwise=accepts())
    connection = Connection(server.url, exec_plugin=plugin(COUNTS + PRINTS))
    async with ApiClient(connection) as api:
        with pytest.raises(Unauthorized):
            await api.get(PATH)
    assert (runs(), len(server.seen)) == (2, 2)


async def test_a_static_token_is_refused_once(api: ApiClient, server: CannedServer) -> None:
    server.answers(otherwise=accepts("another"))
    with pytest.raises(Unauthorized, match="answered 401 Unauthorized"):
        await api.get(PATH)
    assert len(server.seen) == 1


async def test_the_token_of_a_service_account_is_read_again(
    server: CannedServer, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    server.answers(otherwise=accepts("first"))
    connection = Connection(server.url, read_token=token.read_text)
    async with ApiClient(connection) as api:
        await api.get(PATH)
        token.write_text("second")
        server.answers(otherwise=accepts("second"))
        await asyncio.gather(*(api.get(PATH) for _ in range(20)))
        before = len(server.seen)
        await api.get(PATH)
        assert len(server.seen) == before + 1


async def test_a_token_file_that_vanished_is_named(tmp_path: Path) -> None:
    connection = Connection("https://a", user="pod", read_token=(tmp_path / "token").read_text)
    with pytest.raises(Unauthorized, match=r"'pod' cannot be read .*volume mounted"):
        await sign_in(connection)


async def test_a_plugin_is_told_its_version_and_where_it_asked_for_it_the_cluster(
    plugin: Callable[[str], ExecPlugin],
) -> None:
    told = plugin(
        "token = base64.b64encode(os.environ['KUBERNETES_EXEC_INFO'].encode()).decode()" + PRINTS
    )
    for wanted in (False, True):
        asked = ExecPlugin(told.command, API_VERSION, told.args, provide_cluster_info=wanted)
        connection = Connection("https://a:6443", ca="PEM", exec_plugin=asked)
        info = json.loads(b64decode((await sign_in(connection)).token or ""))
        assert (info["apiVersion"], info["spec"]["interactive"]) == (API_VERSION, False)
        cluster = {"server": "https://a:6443", "certificate-authority-data": "UEVN"}
        assert info["spec"].get("cluster") == (cluster if wanted else None)


async def test_a_plugin_gets_its_arguments_and_environment(
    plugin: Callable[..., ExecPlugin],
) -> None:
    made = plugin(
        "token = sys.argv[1] + os.environ['REGION'] + os.environ['PATH'][:1]" + PRINTS, "a"
    )
    asked = ExecPlugin(made.command, API_VERSION, made.args, (("REGION", "north"),))
    signed_in = await sign_in(Connection("https://a", exec_plugin=asked))
    assert signed_in.token == "anorth/"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.stderr.write('c4n4ry'); print('c4n4ry'); sys.exit(3)", "exit code 3"),
        ("print('c4n4ry')", "no ExecCredential"),
        ("print('[\"c4n4ry\"]')", "no ExecCredential"),
        ('print(\'{"status": "c4n4ry"}\')', "no ExecCredential"),
        ('print(\'{"status": {"clientKeyData": "c4n4ry"}}\')', "neither a token nor"),
        ("token = 'c4n4ry two'" + PRINTS, "not one word"),
    ],
)
async def test_a_plugin_that_fails_is_named_and_its_output_is_not_quoted(
    plugin: Callable[[str], ExecPlugin], body: str, why: str
) -> None:
    with pytest.raises(Unauthorized, match=why) as caught:
        await sign_in(Connection("https://a", exec_plugin=plugin(body)))
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert sys.executable in shown
    assert "c4n4ry" not in shown


async def test_a_plugin_that_is_not_installed_is_named(tmp_path: Path) -> None:
    missing = ExecPlugin(str(tmp_path / "nothing"), API_VERSION)
    with pytest.raises(Unauthorized, match="cannot be started: No such file"):
        await sign_in(Connection("https://a", exec_plugin=missing))


# The child keeps the plugin's pipes open, as a helper process of a cloud's tool does. `log` is a
# named pipe: whoever reads it comes to its end when the last of the two is gone.
HANGS = """
import signal, subprocess
pipe = open(log, "w")
subprocess.Popen([sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"],
                 pass_fds=[pipe.fileno()])
signal.pause()
"""


async def test_a_plugin_that_hangs_is_ended_with_its_children(
    plugin: Callable[[str], ExecPlugin], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "log")
    monkeypatch.setattr(module, "EXEC_TIMEOUT_SECONDS", 0.3)
    pipe = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(Unauthorized, match="no answer within"):
        await sign_in(Connection("https://a", exec_plugin=plugin(HANGS)))
    os.set_blocking(pipe, True)
    assert await asyncio.to_thread(os.read, pipe, 1) == b""
    os.close(pipe)


async def test_a_sign_in_that_is_cancelled_ends_its_plugin(
    plugin: Callable[[str], ExecPlugin], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "log")
    signing_in = asyncio.ensure_future(sign_in(Connection("https://a", exec_plugin=plugin(HANGS))))
    with await asyncio.to_thread((tmp_path / "log").open) as started:
        signing_in.cancel()
        with pytest.raises(asyncio.CancelledError):
            await signing_in
        assert await asyncio.to_thread(started.read) == ""
