"""What a person does and sees in Prefect's UI.

With CAPSTAN_UPDATE_PICTURES=1 the picture of the README is taken anew.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from sandbox.control_plane import ControlPlane
from sandbox.demo.shop import open_shop
from tests.e2e.server import RUN_SECONDS, Server

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(600)]

PICTURE = Path(__file__).parents[2] / "docs/pictures/refresh-cluster.png"
WANTS_PICTURE = os.environ.get("CAPSTAN_UPDATE_PICTURES") == "1"
WIDTH, PICTURE_HEIGHT = 1300, 900
# The older UI complains of what it was refused before the signing in, at the lower edge; a page as
# high as this keeps that off the form.
HEIGHT = 1500
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STEP_MILLISECONDS = 60_000


class Ui:
    """Prefect's UI, in the version that the address of the server leads to."""

    path = "/v2"

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, password: str) -> None:
        self.page.locator("input[type=password]").fill(password)
        self.page.get_by_role("button", name="Login").click()

    def pick(self, block: str) -> None:
        self.page.get_by_role("button", name="Select a block").click()
        self.page.get_by_role("option", name=block, exact=True).click()

    def open_artifact(self, key: str) -> None:
        self.page.get_by_role("tab", name="Artifacts").click()
        self.page.get_by_role("link", name=report_of(key)).click()
        # A page of all artifacts with this key, the newest first.
        self.page.get_by_role("link", name=re.compile("^[0-9a-f]{8}$")).first.click()


def report_of(key: str) -> re.Pattern[str]:
    """Match the card of a markdown artifact: its type, its key, and more."""
    return re.compile(rf"markdown\s+{key}\s", re.IGNORECASE)


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that reaches nothing but this machine."""

    def stay_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(STEP_MILLISECONDS)
        page.route("**/*", stay_here)
        yield page
        browser.close()


@pytest.mark.usefixtures("registered")
@pytest.mark.skipif(
    BROWSER is None, reason=f"the UI was not looked at: no {' or '.join(NAMES)} on PATH"
)
def test_a_person_refreshes_a_cluster_and_reads_the_report(
    page: Page, server: Server, plane: ControlPlane
) -> None:
    if WANTS_PICTURE:
        open_shop(plane)
    ui, deployment = Ui(page), server.deployment("refresh-cluster")["id"]
    page.goto(f"{server.ui_url}{ui.path}/deployments/deployment/{deployment}/run")
    ui.sign_in(server.password)
    ui.pick("demo")
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="View run").last.click()
    completed = page.get_by_text("Completed", exact=True).first
    expect(completed).to_be_visible(timeout=RUN_SECONDS * 1000)
    ui.open_artifact("refresh-cluster-demo")
    headline = page.get_by_role("heading", name=re.compile(r"demo is (healthy|degraded)$"))
    expect(headline).to_be_visible(timeout=STEP_MILLISECONDS)
    expect(page.get_by_role("heading", name="Resources")).to_be_visible()
    if WANTS_PICTURE:
        page.set_viewport_size({"width": WIDTH, "height": PICTURE_HEIGHT})
        page.reload()  # without the note that the run was started
        expect(headline).to_be_visible(timeout=STEP_MILLISECONDS)
        page.screenshot(path=PICTURE, animations="disabled")
