"""The page's own files, and those of the npm packages that it uses: nothing comes from another machine."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from operations.problems import not_found

PAGE = Path(__file__).parent / "page"
_NODE_MODULES = Path(__file__).parents[2] / "node_modules"
LIBRARIES = {
    "cytoscape.js": "cytoscape/dist/cytoscape.esm.min.mjs",
    "dagre.js": "@dagrejs/dagre/dist/dagre.esm.js",
    "htm.js": "htm/preact/standalone.module.js",
}


async def page(request: Request) -> Response:
    return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


async def library(request: Request) -> Response:
    """One of LIBRARIES, from what `npm ci` has installed."""
    name = request.path_params["name"]
    file = LIBRARIES.get(name)
    if file is None or not (_NODE_MODULES / file).is_file():
        raise not_found(f"There is no library {name[:80]}.", "Run `make install`: npm installs the page's libraries.")
    return FileResponse(_NODE_MODULES / file, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def routes() -> list[Route | Mount]:
    return [
        Route("/", page),
        Route("/libraries/{name:path}", library),
        Mount("/assets", StaticFiles(directory=PAGE, check_dir=False)),
    ]
