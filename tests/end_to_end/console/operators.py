"""Somebody in front of the console, on a screen of 1280 by 800."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route

from local.stage.place import ROOT

SCREEN = {"width": 1280, "height": 800}
PICTURES = ROOT / ".screenshots"
# What the server refuses is told on the page, and tested there; the browser notes it all the same.
_NOTED_BY_THE_BROWSER = "Failed to load resource"


@dataclass
class Operator:
    """A page of the console, and whatever the browser complained of meanwhile."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Browser, url: str, scheme: str = "light", **options: Any) -> Operator:
        """Sit down at a browser of one's own, in colours that the system prefers."""
        page = browser.new_page(viewport=SCREEN, color_scheme=scheme, **options)  # type: ignore[arg-type]
        operator = cls(page, url)
        page.on("console", operator._hear)
        page.on("pageerror", lambda error: operator.complaints.append(f"{error}\n{error.stack}"))
        return operator

    def open(self, *path: str, **query: str) -> None:
        """Go to a place by its address, in a page that has not been open before."""
        self.page.goto("about:blank")
        place = "/".join(quote(part, safe="") for part in path)
        self.page.goto(f"{self.url}/#/{place}{'?' + urlencode(query, quote_via=quote) if query else ''}")

    def node(self, id: str) -> Locator:
        """A node's button on the map."""
        return self.page.locator(f".node[data-node='{id}']")

    def keep_picture(self, name: str) -> Path:
        """Keep what is on the screen as an artefact of the test."""
        PICTURES.mkdir(exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def seconds(self, measure: str) -> float:
        """How long the last measure of a name took, by the browser's performance timeline."""
        script = "name => performance.getEntriesByName(name, 'measure').at(-1)?.duration"
        self.page.wait_for_function(script, arg=measure)
        return float(self.page.evaluate(script, measure)) / 1000

    def answered_by(self, pattern: str, status: int, body: dict[str, Any]) -> None:
        """Let the server answer so, whatever it would have said."""
        kind = "application/json" if status < 400 else "application/problem+json"

        def answer(route: Route) -> None:
            route.fulfill(status=status, content_type=kind, body=json.dumps(body))

        self.page.route(pattern, answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _NOTED_BY_THE_BROWSER not in message.text:
            self.complaints.append(message.text)
