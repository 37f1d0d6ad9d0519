"""A real browser, the built book on a local server, and what is wrong with a page of it."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import chromium
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from press.contents import ROOT

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def build(folder: Path) -> Path:
    """Build the book as ``make book`` does, into a folder, and return where its HTML is."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "--quiet", "--all"]
    command += ["-W", "-n", "--keep-going", "--path-output", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"


def require_browser() -> str:
    """Return this machine's browser; without one, skip, or fail where one is required."""
    path = chromium.find()
    if path is None:
        required = os.environ.get("SOFTMAX_BROWSER") == "required"
        (pytest.fail if required else pytest.skip)(f"no browser: install one of {chromium.NAMES}")
    return path


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Open this machine's browser."""
    with chromium.launch(require_browser()) as browser:
        yield browser


@contextmanager
def serve(html: Path) -> Iterator[str]:
    """Serve the book below a folder, as a project's pages are, and give its address."""
    with chromium.serve(html.parent) as site:
        yield f"{site}/{html.name}/"


class Outline(HTMLParser):
    """What a page holds, parsed once: names, addresses, headings, images."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ids: Counter[str] = Counter()
        self.addresses: set[str] = set()
        self.headings: list[int] = []
        self.images_without_text: list[str] = []
        self.icon = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element adds."""
        held = {name: value or "" for name, value in attrs}
        self.ids.update([held["id"]] if "id" in held else [])
        self.addresses.update(held[name] for name in ("href", "src") if name in held)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.headings.append(int(tag[1]))
        if tag == "img" and not held.get("alt", "").strip():
            self.images_without_text.append(held.get("src", ""))
        self.icon |= tag == "link" and "icon" in held.get("rel", "").split()

    def dead_links(self) -> Iterator[str]:
        """Give the addresses that should lead to a place in the book and do not."""
        for address in sorted(self.addresses):
            url, anchor = urldefrag(urljoin(self.path.as_uri(), address))
            if urlsplit(url).scheme != "file":
                continue
            target = Path(unquote(urlsplit(url).path))
            if not target.is_file():
                yield f"no file for {address!r}"
            elif anchor and unquote(anchor) not in outline(target).ids:
                yield f"no anchor for {address!r}"


outline = cache(Outline)


def watch(page: Page, site: str) -> list[str]:
    """Return the list to which a page adds what its console says, and requests that go wrong."""
    faults: list[str] = []

    def note(fault: str, *, when: bool = True) -> None:
        if when:
            faults.append(fault)

    def foreign(url: str) -> bool:
        return not url.startswith((site, "data:", "blob:"))

    page.on("console", lambda said: note(f"console {said.type}: {said.text}"))
    page.on("pageerror", lambda error: note(f"error: {error}"))
    page.on("request", lambda r: note(f"foreign request: {r.url}", when=foreign(r.url)))
    page.on("requestfailed", lambda r: note(f"failed request: {r.url}"))
    page.on("response", lambda r: note(f"status {r.status}: {r.url}", when=r.status >= 400))
    return faults


def lay_out(page: Page) -> None:
    """Be a reader, at whose first sign all of a page is laid out, part by part; wait for it."""
    page.keyboard.press("Shift")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".later")]
                 .every(part => part.style.contentVisibility === "visible")""",
        polling=50,
    )


def walk(page: Page) -> None:
    """Scroll down the page and back, so that what loads when it comes into view has loaded."""
    lay_out(page)
    page.evaluate(
        """async () => {
          const after = milliseconds => new Promise(then => setTimeout(then, milliseconds));
          const go = y => {
            scrollTo({top: y, behavior: "instant"});
            // A page that another covers may have no frames.
            return Promise.race([new Promise(requestAnimationFrame), after(500)]);
          };
          for (let y = 0; y < document.scrollingElement.scrollHeight; y += innerHeight) await go(y);
          await go(0);
          const pictures = [...document.images];
          for (const picture of pictures) picture.loading = "eager";
          await Promise.race([
            Promise.all(pictures.map(picture => picture.decode().catch(() => {}))),
            after(30000).then(() => {
              const missing = pictures.filter(picture => !picture.complete);
              throw new Error(`pictures did not come: ${missing.map(({src}) => src).join(", ")}`);
            }),
          ]);
        }"""
    )


def unfold(page: Page) -> None:
    """Open whatever a reader can open in the text."""
    page.evaluate(
        """() => {
          for (const fold of document.querySelectorAll("details")) fold.open = true;
          const buttons = "[role=main] [aria-expanded=false], main [aria-expanded=false]";
          for (const button of document.querySelectorAll(buttons)) button.click();
          for (const animation of document.getAnimations()) animation.finish();  // colours settle
        }"""
    )


def thin(page: Page) -> None:
    """Leave one word of code of each look, and write formulas in the text as words.

    Axe takes half a minute for the thousands of them in a chapter, and judges no colour by one
    letter, nor by what is hidden from screen readers, as the letters of a formula are.
    """
    page.evaluate(
        """() => {
          const ground = element => {
            const found = getComputedStyle(element).backgroundColor;
            const clear = found === "rgba(0, 0, 0, 0)" && element.parentElement;
            return clear ? ground(element.parentElement) : found;
          };
          const seen = new Set();
          const isNew = element => {
            const {color, fontWeight} = getComputedStyle(element);
            const look = [color, fontWeight, ground(element)].join();
            return element.getClientRects().length && !seen.has(look) && seen.add(look);
          };
          // All looks are taken before anything changes: style is then computed once.
          const words = [...document.querySelectorAll("pre span[class]")];
          const alike = words.filter(word => !isNew(word));
          seen.clear();
          const formulas = [...document.querySelectorAll(".katex")].map(formula => {
            const letters = [...formula.querySelectorAll(".katex-html *")].filter(isNew);
            const colours = letters.map(letter => getComputedStyle(letter).color);
            return [formula, colours, formula.querySelector("annotation").textContent];
          });
          for (const word of alike) word.replaceWith(...word.childNodes);
          for (const [formula, colours, tex] of formulas) {
            if (!formula.closest(".katex-display")) formula.textContent = tex;
            for (const colour of colours) {
              const word = formula.appendChild(document.createElement("span"));
              word.style.color = colour;
              word.textContent = "formula";
            }
          }
        }"""
    )


def sticking_out(page: Page) -> list[str]:
    """Tell whether the page scrolls sideways, and which elements are wider than it."""
    return page.evaluate(
        """() => {
          const {scrollWidth, clientWidth} = document.scrollingElement;
          if (scrollWidth <= clientWidth) return [];
          const wide = [...document.body.querySelectorAll("*")].filter(element => {
            if (element.getBoundingClientRect().right <= clientWidth) return false;
            while ((element = element.parentElement) && element !== document.body)
              if (getComputedStyle(element).overflowX !== "visible") return false;
            return true;
          });
          const names = wide.slice(0, 3).map(element => element.cloneNode().outerHTML);
          return [`scrolls sideways, ${scrollWidth} > ${clientWidth}: ${names.join(" ")}`];
        }"""
    )


def start_axe(page: Page) -> None:
    """Let axe begin in the page; several pages can be at it at a time."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(
        "tags => { window.verdict = axe.run({runOnly: tags, resultTypes: ['violations']}) }",
        AXE_TAGS,
    )


def axe_violations(page: Page) -> list[str]:
    """Wait for axe's verdict: a line for each rule that is broken, with the first elements."""
    return page.evaluate(
        """async () => (await window.verdict).violations.map(({id, help, nodes}) =>
          `axe ${id} (${help}), ${nodes.length} times: ` +
          nodes.slice(0, 3).map(node => node.target.join(" ")).join("; "))"""
    )
