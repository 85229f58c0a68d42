"""The session's Prefect server as an API client sees it: plain REST, no Prefect library."""

from __future__ import annotations

from typing import Any

import httpx

from tests.e2e.polling import until

Json = dict[str, Any]

FINAL = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
RUN_SECONDS = 180.0
BUSY = 503
BUSY_SECONDS = 30.0


def reference(name: str, block_type: str = "capstan-cluster") -> Json:
    """Return a parameter that refers to a block."""
    return {"$ref": {"block_document_slug": f"{block_type}/{name}"}}


class Server:
    """Requests to one server, signed in with its password."""

    def __init__(self, api_url: str, password: str) -> None:
        user, _, secret = password.partition(":")
        self.api_url = api_url
        self.ui_url = api_url.removesuffix("/api")
        self.password = password
        self._http = httpx.Client(base_url=api_url, auth=(user, secret), timeout=60)

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return what the answer holds; an error status is a failure."""
        answer = self._send(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request; again where the database was busy, as Prefect's own clients do."""

        def answered() -> httpx.Response | None:
            answer = self._http.request(method, path, json=body)
            return None if answer.status_code == BUSY else answer

        return until(f"answer to {method} {path}", answered, seconds=BUSY_SECONDS)

    def deployment(self, flow: str) -> Json:
        found: Json = self.ask("GET", f"/deployments/name/{flow}/default")
        return found

    def request_run(self, flow: str, parameters: Json) -> httpx.Response:
        """Ask for a run and return the server's answer, whatever it is."""
        path = f"/deployments/{self.deployment(flow)['id']}/create_flow_run"
        return self._send("POST", path, {"parameters": parameters})

    def start(self, flow: str, parameters: Json) -> str:
        """Ask for a run and return its id."""
        answer = self.request_run(flow, parameters)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def read_run(self, run_id: str) -> Json:
        found: Json = self.ask("GET", f"/flow_runs/{run_id}")
        return found

    def runs(self, **flow_runs: Json) -> list[Json]:
        """Return the runs that a filter of Prefect's API selects."""
        found: list[Json] = self.ask("POST", "/flow_runs/filter", {"flow_runs": flow_runs})
        return found

    def wait(self, run_id: str) -> Json:
        """Return a run that has ended, however it did."""

        def ended() -> Json | None:
            run = self.read_run(run_id)
            return run if run["state_type"] in FINAL else None

        return until(f"end of the run {run_id}", ended, seconds=RUN_SECONDS)

    def finish(self, flow: str, parameters: Json) -> Json:
        """Start a run, wait for it, and return it."""
        return self.wait(self.start(flow, parameters))

    def artifacts(self, run_id: str) -> dict[str, Json]:
        """Return a run's artifacts by key."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
        found = self.ask("POST", "/artifacts/filter", wanted)
        return {artifact["key"]: artifact for artifact in found}

    def slot_is_taken(self, name: str) -> bool:
        """Tell whether a run holds the slot of an operation on a cluster."""
        answer = self._send("GET", f"/v2/concurrency_limits/{name}")
        return answer.is_success and answer.json()["active_slots"] > 0

    def save_block(self, block_type: str, name: str, data: Json) -> None:
        """Make a block, as the UI does."""
        type_id = self.ask("GET", f"/block_types/slug/{block_type}")["id"]
        wanted = {"block_schemas": {"block_type_id": {"any_": [type_id]}}}
        schema_id = self.ask("POST", "/block_schemas/filter", wanted)[0]["id"]
        body = {
            "name": name,
            "data": data,
            "block_type_id": type_id,
            "block_schema_id": schema_id,
        }
        self.ask("POST", "/block_documents/", body)

    def blocks(self, block_type: str) -> dict[str, Json]:
        """Return the blocks of a type by name, their secrets masked."""
        found = self.ask("GET", f"/block_types/slug/{block_type}/block_documents")
        return {block["name"]: block["data"] for block in found}
