"""The browser of the tests of pages: this machine's, driven by pytest-playwright."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from browser import require_browser
from chromium import FLAGS
from playwright.sync_api import Error, Page


@pytest.hookimpl(trylast=True)  # after the tests of each figure have been put together
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; where a second worker begins, with what needs no book yet."""
    parts = {"test_pdf": [], "test_checks": [], "others": []}
    for item in items:
        parts[item.path.stem if item.path.stem in parts else "others"].append(item)
    others = parts["others"]
    middle = max(0, len(items) // 2 - len(parts["test_pdf"]))
    items[:] = [*parts["test_pdf"], *others[:middle], *parts["test_checks"], *others[middle:]]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args) -> dict:
    """Start this machine's browser, which asks nobody but the server of the book."""
    return browser_type_launch_args | {"executable_path": require_browser(), "args": FLAGS.split()}


@pytest.fixture
def page(new_context) -> Page:
    """Open a page as wide as a small screen."""
    return new_context(viewport={"width": 1280, "height": 800}).new_page()


@pytest.fixture(scope="session")
def base_url() -> None:
    """Have none: the plugin's own fixture is a method, of which pytest warns."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep what open pages show when a test fails; the plugin takes a picture of every test."""
    report = yield
    if report.when == "call" and report.failed and "browser" in item.funcargs:
        folder = Path(item.funcargs["output_path"])
        opened = [page for context in item.funcargs["browser"].contexts for page in context.pages]
        for number, page in enumerate(opened):
            with suppress(Error):  # a page that has crashed shows nothing
                page.screenshot(path=folder / f"open-{number}.png", timeout=5000)
        shots = sorted(map(str, folder.glob("*.png")))
        report.sections.append(("screenshots", "\n".join(shots)))
    return report
