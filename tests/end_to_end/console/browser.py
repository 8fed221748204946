"""The browser that the tests of the console look through: a Chromium of this machine, or Playwright's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_ADVICE = (
    "the console's tests need a browser: `apt-get install chromium`, any Chrome or Chromium on the PATH, "
    "or `.venv/bin/playwright install chromium`"
)


@contextmanager
def launched() -> Iterator[Browser]:
    """A running browser. Fails the test with an advice where there is none: nobody shall think that it passed."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        except Error as error:
            pytest.fail(f"{_ADVICE} ({error.message.splitlines()[0]})", pytrace=False)
        yield browser
        browser.close()
