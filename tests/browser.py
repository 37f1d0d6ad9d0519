"""A real browser, the built book on a local server, and what is wrong with a page of it."""

import os
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
from playwright.sync_api import Page

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def require_browser() -> str:
    """Return this machine's browser; without one, skip, or fail where one is required."""
    path = chromium.find()
    if path is None:
        required = os.environ.get("SOFTMAX_BROWSER") == "required"
        (pytest.fail if required else pytest.skip)(f"no browser: install one of {chromium.NAMES}")
    return path


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
    """Scroll to all that loads when it comes into view, to the end, and back; wait for pictures."""
    lay_out(page)
    page.evaluate(
        """async () => {
          const after = milliseconds => new Promise(then => setTimeout(then, milliseconds));
          const go = y => {
            scrollTo({top: y, behavior: "instant"});
            // A page that another covers may have no frames.
            return Promise.race([new Promise(requestAnimationFrame), after(500)]);
          };
          const place = element => scrollY + element.getBoundingClientRect().top - innerHeight / 2;
          const waiting = document.querySelectorAll("[loading=lazy], .live-figure");
          for (const element of waiting) await go(place(element));
          await go(document.scrollingElement.scrollHeight);
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


def mark_looks(page: Page, judged: set[str]) -> None:
    """Mark a text of each look that was not judged in another view, and count these as judged.

    A look is all that the contrast of a text depends on: its colour, size and weight, and what lies
    behind it. Of the texts that look alike the longest is marked: axe judges no single letter.
    """
    judged |= set(
        page.evaluate(
            """judged => {
              const grounds = new Map();
              const ground = element => {
                if (!element) return "";
                if (!grounds.has(element)) {
                  const style = getComputedStyle(element);
                  const drawn = [style.backgroundColor, style.backgroundImage, style.opacity];
                  // What is taken out of the flow may come to lie before anything.
                  const loose = /absolute|fixed|sticky/.test(style.position);
                  const own = [...drawn, loose ? element.cloneNode().outerHTML : ""].join(" ");
                  const clear = own === "rgba(0, 0, 0, 0) none 1 ";
                  grounds.set(element, (clear ? "" : `${own}; `) + ground(element.parentElement));
                }
                return grounds.get(element);
              };
              const kinds = [".katex-html", "[aria-hidden=true]", ":disabled"];
              const shown = {visibilityProperty: true, opacityProperty: true};
              const looks = new Map();
              const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (texts.nextNode()) {
                const {data, parentElement: element} = texts.currentNode;
                const {length} = data.trim();
                if (!length || !element.checkVisibility(shown)) continue;
                const {color, fill, fontSize, fontWeight, textShadow} = getComputedStyle(element);
                const kind = kinds.find(kind => element.closest(kind));
                const own = [kind, color, fill, fontSize, fontWeight, textShadow];
                const look = [...own, ground(element)].join("; ");
                if (!(looks.get(look)?.length >= length)) looks.set(look, {length, element});
              }
              for (const look of judged) looks.delete(look);
              for (const {element} of looks.values()) element.dataset.look = "";
              return [...looks.keys()];
            }""",
            list(judged),
        )
    )


def thin(page: Page) -> None:
    """Leave of code and formulas little more than what is marked: axe is slow with each element.

    It judges nothing that is hidden from screen readers, as the letters of a formula are: a word
    stands for those of each look.
    """
    page.evaluate(
        """() => {
          // All is read before anything changes: style is then computed once.
          const formulas = [...document.querySelectorAll(".katex")].map(formula => ({
            formula,
            tex: formula.querySelector("annotation").textContent,
            width: formula.closest(".katex-display")?.scrollWidth,
            letters: [...formula.querySelectorAll("[data-look]")].map(letter =>
              getComputedStyle(letter).color),
          }));
          for (const {formula, tex, width, letters} of formulas) {
            if (!width && !letters.length) {
              formula.replaceWith(tex);
              continue;
            }
            formula.textContent = width ? "formula" : tex;
            // One in a line of its own may scroll: its end stays where it was.
            if (width)
              formula.style.cssText = `display: block; width: ${width}px; text-align: end`;
            for (const colour of letters) {
              const word = formula.appendChild(document.createElement("span"));
              word.textContent = "formula";
              word.style.color = colour;
              word.dataset.look = "";
            }
          }
          for (const word of document.querySelectorAll("pre span[class]:not([data-look])"))
            word.replaceWith(...word.childNodes);
          for (const line of document.querySelectorAll("button :is(path, rect)")) line.remove();
          document.body.normalize();
        }"""
    )


def axe_violations(page: Page) -> list[str]:
    """Give a line for each rule that is broken, with the first elements.

    The contrast is judged of what is marked, and of fields, which hold no text.
    """
    page.evaluate(AXE_SCRIPT)
    return page.evaluate(
        """async tags => {
          const selector = "[data-look], input, select, textarea";
          axe.configure({rules: [{id: "color-contrast", selector}]});
          const {violations} = await axe.run({runOnly: tags, resultTypes: ["violations"]});
          return violations.map(({id, help, nodes}) =>
            `axe ${id} (${help}), ${nodes.length} times: ` +
            nodes.slice(0, 3).map(node => node.target.join(" ")).join("; "));
        }""",
        AXE_TAGS,
    )


def faults_of(page: Page, judged: set[str]) -> list[str]:
    """Tell what is wrong with an open page, folded and unfolded."""
    page.bring_to_front()  # one that another covers may have no frames
    walk(page)
    faults = sticking_out(page)
    unfold(page)
    faults = faults or sticking_out(page)
    mark_looks(page, judged)
    thin(page)
    return faults + axe_violations(page)
