"""The pages of the book in a real browser: quiet, self-contained, accessible, whole."""

import re
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pytest
from browser import faults_in_every_view, lay_out, outline, serve, watch
from fontTools.ttLib import TTFont
from playwright.sync_api import Page
from press.contents import DOCUMENTS as WRITTEN
from press.contents import NOTEBOOKS, ROOT
from sphinx.util.inventory import InventoryFile

import softmax_lib

MODULES = {getattr(softmax_lib, name).__module__.replace(".", "/") for name in softmax_lib.__all__}
SOURCES = ["_modules/index", *(f"_modules/{module}" for module in sorted(MODULES))]
LISTS = ["404", "genindex", "prf-prf", "py-modindex", "search"]
DOOR = "index"  # leads to the first page

every_page = pytest.mark.parametrize("name", [*WRITTEN, *SOURCES, *LISTS])


@pytest.fixture(scope="module")
def served(html) -> Iterator[str]:
    with serve(html) as address:
        yield address


@pytest.fixture(params=["served", "from_disk"])
def site(request, html) -> str:
    """Give the address of the book, on a server and on disk."""
    return request.getfixturevalue("served") if request.param == "served" else html.as_uri() + "/"


def test_these_are_the_pages(html):
    built = {path.relative_to(html).with_suffix("").as_posix() for path in html.rglob("*.html")}
    assert built == {DOOR, *WRITTEN, *SOURCES, *LISTS}


def test_every_page_has_an_icon(html):
    """Without one a browser asks for /favicon.ico, which is not the book's."""
    assert not [path.name for path in html.rglob("*.html") if not outline(path).icon]


@every_page
def test_links_are_alive_and_names_single(name, html):
    held = outline(html / f"{name}.html")
    assert not list(held.dead_links())
    assert not [name for name, count in held.ids.items() if count > 1]


@every_page
def test_a_page_says_what_it_is_about(name, html):
    head = (html / f"{name}.html").read_text().split("</head>")[0]
    (description,) = re.findall(r'<meta name="description" content="([^"]*)"', head)
    assert 40 < len(description) <= 180
    assert "noindex" not in head


@every_page
def test_headings_are_in_order_and_images_described(name, html):
    held = outline(html / f"{name}.html")
    assert held.headings.count(1) == 1
    assert held.headings[0] == 1
    steps = zip(held.headings, held.headings[1:], strict=False)
    assert not [(above, below) for above, below in steps if below > above + 1]
    assert not held.images_without_text


CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
CHILDREN |= {"msubsup": 3, "munderover": 3}


def test_fonts_of_formulas_have_the_letters_of_the_pages(html):
    letters = {ord(letter) for page in html.rglob("*.html") for letter in page.read_text()}
    whole, shrunk = ROOT / "book/_static/katex/fonts", html / "_static/katex/fonts"
    for path in whole.iterdir():
        kept = set(TTFont(shrunk / path.name).getBestCmap())
        assert kept >= letters & set(TTFont(path).getBestCmap())
    before, after = (sum(x.stat().st_size for x in y.iterdir()) for y in (whole, shrunk))
    assert after < 0.8 * before


@every_page
def test_formulas_are_valid(name, html):
    """Firefox complains of those that are not; Chromium does without a word what it can."""
    for part in lxml.html.parse(html / f"{name}.html").iter(*CHILDREN):
        assert len(part) == CHILDREN[part.tag], lxml.html.tostring(part)


@every_page
def test_a_page_is_quiet_fits_and_is_accessible(name, new_context, served, html, output_path):
    """In both themes, on a screen, a tablet and a phone, folded and unfolded; once from disk."""
    disk = f"{html.as_uri()}/"
    faults = faults_in_every_view(f"{name}.html", new_context, output_path, served, tablet=disk)
    assert not faults, "\n".join(faults)


def test_the_door_leads_to_the_first_page(site, page):
    said = watch(page, site)
    page.goto(site + f"{DOOR}.html")
    page.locator("h1").wait_for()
    assert not said


def settled(page: Page) -> None:
    """Wait until five frames show the same: what comes into view is laid out by then."""
    page.wait_for_function(
        """async () => {
          const state = () => [scrollY, document.scrollingElement.scrollHeight].join();
          const before = state();
          for (let i = 0; i < 5; i++) await new Promise(requestAnimationFrame);
          return state() === before;
        }"""
    )


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize(("width", "first"), [(1280, 0), (390, 3)])
def test_an_address_lands_where_it_leads(name, width, first, page, html):
    """Sections out of sight are not laid out, and where a place is depends on them.

    The first link has all laid out, so the others are shared between the widths.
    """
    path = html / f"{name}.html"
    anchors = [a for a in outline(path).addresses if re.match("#(fig|ex|thm)-", a)]
    assert len(anchors) > 3
    page.set_viewport_size({"width": width, "height": 800})
    top = "name => document.getElementById(name).getBoundingClientRect().top"
    page.goto(path.as_uri())
    for anchor in sorted(anchors)[first::6]:
        page.locator(f'a[href="{anchor}"]').first.evaluate("link => link.click()")
        settled(page)
        assert 0 <= page.evaluate(top, anchor[1:]) < 100, anchor
    page.goto("about:blank")
    page.goto(path.as_uri() + anchor)
    settled(page)
    assert 0 <= page.evaluate(top, anchor[1:]) < 100


def test_what_is_laid_out_later_is_hidden_only_while_the_page_loads(page, served):
    """Hidden, neither the browser's search nor a screen reader would find it."""
    states = """() => [...new Set([...document.querySelectorAll(".later")]
                                  .map(part => getComputedStyle(part).contentVisibility))]"""
    page.add_init_script(f"addEventListener('load', () => {{ window.loading = ({states})() }})")
    page.goto(f"{served}{NOTEBOOKS[0]}.html")
    assert page.evaluate("window.loading") == ["hidden"]
    page.wait_for_timeout(100)
    assert page.evaluate(states) == ["auto"]
    lay_out(page)
    assert page.evaluate(states) == ["visible"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_that_is_loaded_again_shows_the_same_place(width, page, served):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{served}{NOTEBOOKS[0]}.html")
    lay_out(page)
    page.evaluate("scrollTo(0, 12000)")
    page.wait_for_timeout(500)  # browsers note now and then where the reader is
    page.reload()
    settled(page)
    assert abs(page.evaluate("scrollY") - 12000) < 10


def entries(html: Path) -> dict[str, str]:
    """Give where each glossary term and each public name is explained."""
    with (html / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, uri: uri)
    terms = {term: entry[2] for term, entry in inventory["std:term"].items()}
    named = inventory["py:function"] | inventory["py:class"]
    return terms | {name: named[f"softmax_lib.{name}"][2] for name in softmax_lib.__all__}


def test_search_finds_every_term_and_every_function(site, html, page):
    said = watch(page, site)
    missed = []
    page.goto(f"{site}search.html")
    for wanted, place in entries(html).items():
        links = page.evaluate(
            """async wanted => {
              const results = document.getElementById("search-results");
              results.replaceChildren();
              Search.performSearch(wanted);
              const summary = () => results.querySelector(".search-summary")?.innerText;
              while (!/found|did not match/.test(summary()))
                await new Promise(then => setTimeout(then, 10));
              return [...results.querySelectorAll("li a")].map(link => link.href);
            }""",
            wanted,
        )
        if site + place not in links[:10]:
            missed.append((wanted, links[:10]))
    assert not missed
    assert not said


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("overflow", "overflow"),
        ("Jacobian", "jacobian"),
        ("temperature", "temperature"),
        ("cross-entropy", "cross_entropy"),
        ("finite numbers", "overflow"),
    ],
)
def test_search_puts_the_chapter_first_whose_title_says_it(wanted, name, site, page):
    page.goto(f"{site}search.html?q={wanted}")
    first = page.locator("#search-results li a").first
    first.wait_for()
    assert first.get_attribute("href").startswith(f"book/{name}.html")


def test_the_index_leads_to_terms_and_theorems_of_every_chapter(html):
    addresses = outline(html / "genindex.html").addresses
    for name in WRITTEN[1:8]:
        statements = re.findall(r'id="((?:def|thm)-[^"]+)"', (html / f"{name}.html").read_text())
        assert statements
        assert {f"{name}.html#{anchor}" for anchor in statements} <= addresses
        places = [x for x in addresses if x.startswith(f"{name}.html") and "#thm" not in x]
        assert len(places) > 5, name
    assert "book/glossary.html#term-temperature" in addresses


def test_search_is_reached_from_a_page(site, page):
    page.goto(f"{site}{WRITTEN[1]}.html")
    page.get_by_role("searchbox").or_(page.get_by_placeholder("Search")).first.fill("temperature")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()


def test_the_search_page_has_a_field_on_a_phone_too(site, page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{site}search.html")
    page.get_by_role("searchbox", name="Words to look for").fill("temperature")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()


def focused(page: Page, what: str) -> bool:
    return page.evaluate("what => document.activeElement.matches(what)", what)


def test_the_skip_link_comes_first_and_leads_to_the_text(served, page):
    page.goto(f"{served}{WRITTEN[1]}.html")
    page.keyboard.press("Tab")
    assert re.match("skip", page.evaluate("document.activeElement.innerText"), re.IGNORECASE)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page, "main *, [role=main] *")


def test_the_theme_changes_by_keyboard_and_stays(served, page):
    page.goto(f"{served}{WRITTEN[1]}.html")
    switch = page.get_by_role("button", name=re.compile("theme", re.IGNORECASE)).locator(
        "visible=true"
    )
    before = page.locator("body").get_attribute("data-theme")
    for _ in range(100):
        page.keyboard.press("Tab")
        if switch.evaluate("element => element === document.activeElement"):
            break
    else:
        pytest.fail("the switch is not reached by keyboard")
    page.keyboard.press("Enter")
    after = page.locator("body").get_attribute("data-theme")
    assert after != before
    page.reload()
    assert page.locator("body").get_attribute("data-theme") == after


def test_a_solution_opens_by_keyboard(site, page):
    page.goto(f"{site}{WRITTEN[1]}.html")
    solution = page.locator(".solution").first
    inside = solution.locator("p:not(.admonition-title)").first
    assert not inside.is_visible()
    solution.locator("summary, button").first.focus()
    page.keyboard.press("Enter")
    inside.wait_for(state="visible")
