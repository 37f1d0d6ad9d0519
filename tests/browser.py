"""A real browser, the built book on a local server, and what is wrong with a page of it."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import chromium
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ConsoleMessage, Page

# Each width is loaded once, in the first of its themes, and then turned to the next.
LOADED = {1280: ["light", "dark"], 390: ["light", "dark"], 768: ["dark"]}
VIEWS = [(theme, width) for width, themes in LOADED.items() for theme in themes]
AXE_COLOURS = ["color-contrast", "link-in-text-block"]
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

    def loud(said: ConsoleMessage) -> bool:
        # To ask where a place is that is hidden while a page loads has it rendered: so Chromium
        # says, now and then, at a level that it shows to nobody.
        return said.type != "verbose"

    page.on("console", lambda said: note(f"console {said.type}: {said.text}", when=loud(said)))
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
    """Lay all out at once, load all pictures, scroll to what acts in view, to the end and back."""
    page.keyboard.press("Shift")
    page.evaluate(
        """async () => {
          for (const part of document.querySelectorAll(".later"))
            part.style.contentVisibility = "visible";
          const pictures = [...document.images];
          for (const picture of pictures) picture.loading = "eager";
          const after = milliseconds => new Promise(then => setTimeout(then, milliseconds));
          const go = y => {
            scrollTo({top: y, behavior: "instant"});
            // A page that another covers may have no frames.
            return Promise.race([new Promise(requestAnimationFrame), after(500)]);
          };
          const place = element => scrollY + element.getBoundingClientRect().top - innerHeight / 2;
          // Wide formulas too: a page lets one take the focus when it is near.
          const wide = formula => formula.scrollWidth > formula.clientWidth;
          const waiting = [
            ...document.querySelectorAll(".live-figure"),
            ...[...document.querySelectorAll(".katex-display")].filter(wide),
          ];
          for (const element of waiting) await go(place(element));
          await go(document.scrollingElement.scrollHeight);
          await go(0);
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


def mark_looks(page: Page, theme: str, judged: set[str]) -> None:
    """Mark, in a theme, two texts of each look that was not judged yet, with its colour.

    A look is all that the contrast of a text depends on: its colour, size and weight, and what lies
    behind it. Of the texts that look alike the longest and the shortest are marked: axe judges no
    single letter, and none that is longer than what scrolls it.
    """
    page.emulate_media(color_scheme=theme)
    page.evaluate(
        """([theme, judged]) => {
          for (const animation of document.getAnimations()) animation.finish();  // colours settle
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
          const appearance = element => {
            const {color, fill, fontSize, fontWeight, textShadow} = getComputedStyle(element);
            const kind = kinds.find(kind => element.closest(kind));
            const own = [kind, color, fill, fontSize, fontWeight, textShadow];
            return [...own, ground(element)].join("; ");
          };
          const inCode = new Map();  // words of one class look alike there, and are many
          const lookOf = element => {
            const {parentElement: code, className} = element;
            if (code.tagName !== "PRE") return appearance(element);
            if (!inCode.has(code)) inCode.set(code, new Map());
            const known = inCode.get(code);
            if (!known.has(className)) known.set(className, appearance(element));
            return known.get(className);
          };
          const shown = {visibilityProperty: true, opacityProperty: true};
          const looks = new Map();
          const {SHOW_TEXT, SHOW_ELEMENT, FILTER_REJECT, FILTER_SKIP, FILTER_ACCEPT} = NodeFilter;
          const texts = document.createTreeWalker(document.body, SHOW_TEXT | SHOW_ELEMENT, node =>
            node.nodeType === Node.TEXT_NODE ? FILTER_ACCEPT
              : node.className === "katex-mathml" ? FILTER_REJECT : FILTER_SKIP);  // read, not seen
          while (texts.nextNode()) {
            const {data, parentElement: element} = texts.currentNode;
            const {length} = data.trim();
            if (!length || !element.checkVisibility(shown)) continue;
            const look = lookOf(element);
            const text = {length, element};
            const {longest, shortest} = looks.get(look) ?? {longest: text, shortest: text};
            looks.set(look, {
              longest: length > longest.length ? text : longest,
              shortest: length > 1 && length < shortest.length ? text : shortest,
            });
          }
          for (const look of judged) looks.delete(look);
          // All is read before anything changes, as below.
          const marks = [...looks].flatMap(([look, texts]) =>
            Object.values(texts).map(({element}) => [
              element,
              JSON.stringify({look, color: getComputedStyle(element).color}),
            ]));
          for (const [element, mark] of marks) element.dataset[theme] = mark;
        }""",
        [theme, list(judged)],
    )


def thin(page: Page) -> None:
    """Leave of code and formulas little more than what is marked: axe is slow with each element.

    It judges nothing that is hidden from screen readers, as the letters of a formula are: a word
    stands for those of each look.
    """
    page.evaluate(
        """() => {
          const marked = "[data-light], [data-dark]";
          // All is read before anything changes: style is then computed once.
          const formulas = [...document.querySelectorAll(".katex")].map(formula => ({
            formula,
            tex: formula.querySelector("annotation").textContent,
            display: formula.closest(".katex-display"),
            width: formula.closest(".katex-display")?.scrollWidth,
            looks: [...formula.querySelectorAll(marked)].flatMap(letter =>
              Object.entries(letter.dataset)),
          }));
          for (const {formula, tex, display, width, looks} of formulas) {
            if (!display && !looks.length) {
              formula.replaceWith(tex);
              continue;
            }
            formula.textContent = display ? "formula" : tex;
            // One in a line of its own may scroll: its end stays where it was.
            const box = `display: block; width: ${width}px; text-align: end; white-space: normal`;
            if (display) formula.style.cssText = box;
            for (const [theme, look] of looks) {
              const word = formula.appendChild(document.createElement("span"));
              word.textContent = " formula";
              word.style.color = JSON.parse(look).color;
              word.dataset[theme] = look;
            }
          }
          for (const word of document.querySelectorAll(`pre span[class]:not(${marked})`))
            word.replaceWith(...word.childNodes);
          for (const line of document.querySelectorAll("button :is(path, rect)")) line.remove();
          document.body.normalize();
        }"""
    )


def axe_violations(page: Page, theme: str, judged: set[str], only: list[str]) -> list[str]:
    """Give a line for each of the rules that is broken in a theme, with the first elements.

    The contrast is judged of what is marked, and of fields, which hold no text. A look on which axe
    cannot decide is left to the views that follow.
    """
    page.emulate_media(color_scheme=theme)
    found, looks = page.evaluate(
        """async ([theme, runOnly]) => {
          for (const animation of document.getAnimations()) animation.finish();
          const marked = `[data-${theme}]`;
          const contrast = {id: "color-contrast", selector: `${marked}, input, select, textarea`};
          axe.configure({rules: [contrast]});
          const resultTypes = ["violations", "incomplete"];
          // From disk a page may not ask for its own style sheet.
          const preload = location.protocol !== "file:";
          const options = {runOnly, resultTypes, elementRef: true, preload};
          const {violations, incomplete} = await axe.run(options);
          const open = incomplete.filter(({id}) => id === contrast.id).flatMap(({nodes}) => nodes);
          const undecided = new Set(open.map(node => node.element));
          const decided = [...document.querySelectorAll(marked)].filter(
            element => !undecided.has(element));
          return [
            violations.map(({id, help, nodes}) =>
              `axe ${id} (${help}), ${nodes.length} times: ` +
              nodes.slice(0, 3).map(node => node.target.join(" ")).join("; ")),
            decided.map(element => JSON.parse(element.dataset[theme]).look),
          ];
        }""",
        [theme, only],
    )
    judged |= set(looks)
    return found


def faults_of(page: Page, themes: list[str], judged: set[str]) -> Iterator[tuple[str, str]]:
    """Tell in which theme what is wrong with an open page, folded and unfolded."""
    page.bring_to_front()  # one that another covers may have no frames
    walk(page)
    folded = sticking_out(page)
    unfold(page)
    for theme in themes:
        mark_looks(page, theme, judged)
        for fault in folded or sticking_out(page):
            yield theme, fault
    thin(page)
    page.evaluate(AXE_SCRIPT)
    for theme in themes:  # of the first all is asked, of another what depends on colours
        rules = AXE_TAGS if theme == themes[0] else AXE_COLOURS
        for fault in axe_violations(page, theme, judged, rules):
            yield theme, fault


def faults_in_every_view(
    name: str, new_context: Callable, shots: str, site: str, tablet: str | None = None
) -> list[str]:
    """Read a page in every view, on a tablet from elsewhere; of one with faults keep a picture."""
    faults, opened, judged = [], {}, set()
    for width, themes in LOADED.items():
        view = {"width": width, "height": 800}
        page = new_context(color_scheme=themes[0], viewport=view).new_page()
        address = tablet if tablet and width == 768 else site
        said = watch(page, address)
        page.goto(address + name)
        opened[width] = page, said
    for width, (page, said) in opened.items():
        themes = LOADED[width]
        found = list(faults_of(page, themes, judged))
        for theme, fault in [*found, *product(themes, said)]:
            faults.append(f"{theme}, {width} pixels: {fault}")
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=f"{shots}/{theme}-{width}.png")
        page.close()
    return faults
