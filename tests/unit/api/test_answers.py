"""From an HTTP answer to a typed error, without carrying a secret along."""

from __future__ import annotations

import pickle
from typing import Any

import orjson
import pytest

from kube.api import errors
from kube.api.answers import error_of, json_of
from kube.api.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidRequest,
    KubeError,
    NotFound,
    PermanentError,
    ServerError,
    StatusError,
    TooManyRequests,
    TransientError,
    Unauthorized,
    Unreachable,
    cut,
)
from tests.unit.api.server import status_of

PATH = "/api/v1/namespaces/shop/configmaps/a"
SECRET = "/api/v1/namespaces/shop/secrets/a"


def error(
    status: int, body: Any = b"", headers: dict[str, str] | None = None, path: str = PATH
) -> StatusError:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return error_of("GET", path, status, headers or {}, content)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, InvalidRequest),
        (400, InvalidRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (405, InvalidRequest),
        (409, Conflict),
        (410, Gone),
        (415, InvalidRequest),
        (422, InvalidRequest),
        (429, TooManyRequests),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (504, ServerError),
    ],
)
def test_each_status_has_its_class(status: int, kind: type[StatusError]) -> None:
    found = error(status, status_of(status, "Why", "because"))
    assert type(found) is kind
    assert (found.status, found.reason) == (status, "Why")
    assert str(found) == f"GET {PATH} answered {status} Why: because"
    assert isinstance(found, TransientError) == (status == 429 or status >= 500)
    assert isinstance(found, PermanentError) != isinstance(found, TransientError)


def test_the_query_is_left_out_of_the_message() -> None:
    assert "token" not in str(error(404, path=f"{PATH}?continue=token"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>c4n4ry</html>",
        b'{"message": "c4n4ry"}',
        b'["c4n4ry"]',
        b'{"kind": "Secret", "message": "c4n4ry"}',
        b"c4n4ry\xff",
    ],
)
def test_a_body_that_is_no_status_is_dropped(body: bytes) -> None:
    found = error(502, body)
    assert str(found) == f"GET {PATH} answered 502: no further detail from the server"
    assert "c4n4ry" not in repr(found) + repr(found.__context__) + repr(found.__cause__)


def test_server_text_is_one_line_of_at_most_256_characters() -> None:
    found = error(422, status_of(422, "Invalid", "a\n" * 5000))
    quoted = str(found).partition("Invalid: ")[2]
    assert len(quoted) == 256
    assert quoted.endswith("…")
    assert "\n" not in quoted
    assert cut("x" * 256) == "x" * 256


@pytest.mark.parametrize("path", [SECRET, "/api/v1/secrets", f"{SECRET}?fieldManager=capstan"])
def test_for_secrets_only_field_names_are_quoted(path: str) -> None:
    body = status_of(422, "Invalid", "data[password]: Invalid value: c4n4ry") | {
        "details": {"causes": [{"field": "data[password]", "message": "c4n4ry"}, {"field": ""}]}
    }
    found = error(422, body, path=path)
    assert "c4n4ry" not in f"{found} {found!r}"
    assert "withheld for Secrets; fields: data[password]" in str(found)
    assert "fields: none" in str(error(404, status_of(404, "NotFound", "c4n4ry"), path=path))


@pytest.mark.parametrize(
    "details", ["c4n4ry", ["c4n4ry"], {"causes": "c4n4ry"}, {"causes": ["c4n4ry"]}]
)
def test_malformed_details_are_dropped(details: Any) -> None:
    found = error(422, status_of(422) | {"details": details}, path=SECRET)
    assert "c4n4ry" not in str(found)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("100000", 60.0),
        ("inf", 60.0),
        ("nan", None),
        ("-1", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_bounded(header: str, seconds: float | None) -> None:
    for status in (429, 503):
        found = error(status, headers={"Retry-After": header})
        assert isinstance(found, TooManyRequests | ServerError)
        assert found.retry_after_seconds == seconds


def test_an_answer_that_is_not_json_is_named_and_not_quoted() -> None:
    with pytest.raises(Unreachable, match="GET /api was not answered in JSON") as caught:
        json_of("GET /api?x=1", b"<html>c4n4ry</html>")
    assert caught.value.reason == "connection"
    assert caught.value.__context__ is None


def subclasses(kind: type[KubeError]) -> set[type[KubeError]]:
    return {kind}.union(*(subclasses(child) for child in kind.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(subclasses(KubeError), key=str))
def test_every_error_survives_pickling(kind: type[KubeError]) -> None:
    if issubclass(kind, StatusError):
        made: KubeError = kind("text", status=429, reason="Why")
    else:
        made = Unreachable("text", "dns") if kind is Unreachable else kind("text")
    made.retry_after_seconds = 3.0  # type: ignore[attr-defined]
    copied = pickle.loads(pickle.dumps(made))
    assert (type(copied), copied.args, vars(copied)) == (kind, made.args, vars(made))


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = errors.__doc__ or ""
    missing = {kind.__name__ for kind in subclasses(KubeError) if kind.__name__ not in drawn}
    assert missing <= {"StatusError"}


@pytest.mark.parametrize(
    "message",
    [
        "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): "
        ".spec.replicaz: field not declared in schema",
        "failed to convert new object (default/web; /v1, Kind=Pod) to proper version: quantities "
        "must match the regular expression",
    ],
)
def test_a_malformed_apply_is_no_trouble_of_the_server(message: str) -> None:
    """It comes back as 500, and would be sent six times."""
    status = {"kind": "Status", "message": message}
    error = error_of("PATCH", "/apis/apps/v1/x", 500, {}, orjson.dumps(status))
    assert isinstance(error, InvalidRequest)
    assert message[:30] in str(error)
