"""The pages of the book in a real browser: quiet, self-contained, accessible, whole."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import faults_of, lay_out, outline, serve, walk, watch
from bs4 import BeautifulSoup
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
VIEWS = [(theme, width) for theme in ("light", "dark") for width in (1280, 390)]
VIEWS += [("light", 768)]  # a tablet: the theme's colours are the same

every_page = pytest.mark.parametrize("name", [*WRITTEN, *SOURCES, *LISTS])


@pytest.fixture(scope="module")
def served(html) -> Iterator[str]:
    with serve(html) as address:
        yield address


@pytest.fixture(params=["served", "from_disk"])
def site(request, html) -> str:
    """Give the address of the book, on a server and on disk."""
    return request.getfixturevalue("served") if request.param == "served" else html.as_uri() + "/"


def faults_in_every_view(address: str, new_context: Callable, site: str, shots: str) -> list[str]:
    """Load a page in every view, and read it; of a view with faults keep what it shows."""
    contexts = {theme: new_context(color_scheme=theme) for theme, _ in VIEWS}
    faults, opened, judged = [], {}, set()
    for theme, width in VIEWS:
        page = contexts[theme].new_page()
        page.set_viewport_size({"width": width, "height": 800})
        said = watch(page, site)
        page.goto(address)
        page.keyboard.press("Shift")  # it is laid out while the others load
        opened[theme, width] = page, said
    for (theme, width), (page, said) in opened.items():
        if found := faults_of(page, judged) + said:
            faults += [f"{theme}, {width} pixels: {fault}" for fault in found]
            page.screenshot(path=f"{shots}/{theme}-{width}.png")
        page.close()
    return faults


BAD = """<!doctype html><html lang="en"><title>Bad</title><main><h1 id="twice">Bad</h1>
<p style="width: 2000px; color: #ddd">Pale and <a href="#nowhere" id="twice">dead</a></p>
<a href="gone.html">gone</a><img src="https://nowhere.invalid/picture.png">
<script>console.log("chatter"); undefined.property</script></main></html>"""


def test_the_checks_bite(new_context, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(BAD)
    views = faults_in_every_view(bad.as_uri(), new_context, tmp_path.as_uri(), f"{tmp_path}/shots")
    for theme, width in VIEWS:
        faults = " ".join(x for x in views if x.startswith(f"{theme}, {width} pixels: "))
        for fault in (
            "foreign request",
            "failed request",
            "console log: chatter",
            "error: Cannot read",
        ):
            assert fault in faults
        for fault in ("scrolls sideways, 2", "axe image-alt"):
            assert fault in faults
        assert (tmp_path / "shots" / f"{theme}-{width}.png").is_file()
    assert "axe color-contrast" in " ".join(views)
    held = outline(bad)
    assert list(held.dead_links()) == ["no anchor for '#nowhere'", "no file for 'gone.html'"]
    assert held.ids["twice"] == 2
    assert held.images_without_text == ["https://nowhere.invalid/picture.png"]
    assert not held.icon


ONE_PALE_TEXT = """<!doctype html><html lang="en"><title>Pale</title><style>
* {{ margin: 0; color: black; background: none }} body {{ background: white }}
pre, .katex-display {{ overflow: auto }} .katex {{ white-space: nowrap }} .pale {{ color: #ddd }}
@media (prefers-color-scheme: dark) {{ .dark {{ color: #ddd }} }}
@media (width <= 400px) {{ .phone {{ color: #ddd }} }}
</style><main><h1>Pale</h1><p>Words that all can read</p>{}</main></html>"""

FORMULA = """<span class="katex"><math><annotation>x</annotation></math>
<span class="katex-html" aria-hidden="true"><span>x</span><span class="{}">y</span></span></span>"""


PALE_TEXTS = {
    "always": ("light, 1280", '<p class="pale">Words</p>'),
    "in the dark": ("dark, 1280", '<p class="dark">Words</p>'),
    "on a phone": ("light, 390", '<p class="phone">Words</p>'),
    "folded": (
        "light, 1280",
        '<details><summary>Fold</summary><p class="pale">Words</p></details>',
    ),
    "in code": (
        "light, 1280",
        '<pre><span class="k">while</span> <span class="pale">so</span></pre>',
    ),
    "in a formula": ("light, 1280", FORMULA.format("pale")),
    "small": (
        "light, 1280",
        '<p style="color: #888; font-size: 40px">Large words may be grey</p>'
        '<p style="color: #888">Words</p>',
    ),
    "on another ground": (
        "light, 1280",
        '<p style="background: black; color: #eee">Words in the light</p>'
        '<p style="color: #eee">Words</p>',
    ),
    "see-through": ("light, 1280", '<p style="opacity: 0.2">Words</p>'),
    "laid over": (
        "light, 1280",
        '<div style="position: relative; height: 40px; background: black">'
        '</div><p style="position: absolute; top: 0; background: #222">Words</p>',
    ),
    "in a field": ("light, 1280", '<input aria-label="Field" value="Words" class="pale">'),
}


@pytest.mark.parametrize("where", PALE_TEXTS)
def test_one_pale_text_is_found(where, new_context, tmp_path):
    """Axe judges one text of each look, in the first view that has it."""
    view, part = PALE_TEXTS[where]
    path = tmp_path / "pale.html"
    path.write_text(ONE_PALE_TEXT.format(part))
    faults = faults_in_every_view(path.as_uri(), new_context, tmp_path.as_uri(), f"{tmp_path}")
    assert faults
    assert faults[0].startswith(f"{view} pixels: axe color-contrast"), faults


def test_a_formula_that_scrolls_is_reached_by_keyboard(new_context, tmp_path):
    """Formulas are judged without their letters, and are as wide as they were."""
    wide = f"<div class=katex-display>{FORMULA.replace('x</span>', 'x' * 60 + '</span>')}</div>"
    path = tmp_path / "wide.html"
    path.write_text(ONE_PALE_TEXT.format(wide))
    faults = faults_in_every_view(path.as_uri(), new_context, tmp_path.as_uri(), f"{tmp_path}")
    phones = {"light, 390 pixels: axe scrollable-region", "dark, 390 pixels: axe scrollable-region"}
    assert {fault.partition("-focusable")[0] for fault in faults} == phones


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
    formulas = BeautifulSoup((html / f"{name}.html").read_text(), "html.parser").find_all("math")
    for part in (part for formula in formulas for part in formula.find_all(list(CHILDREN))):
        assert len(part.find_all(recursive=False)) == CHILDREN[part.name], part


@every_page
def test_a_page_is_quiet_fits_and_is_accessible(name, new_context, served, output_path):
    """In both themes, on a screen, a tablet and a phone, folded and unfolded."""
    faults = faults_in_every_view(f"{served}{name}.html", new_context, served, output_path)
    assert not faults, "\n".join(faults)


@every_page
def test_a_page_is_quiet_from_disk(name, html, page):
    said = watch(page, html.as_uri())
    page.goto((html / f"{name}.html").as_uri())
    walk(page)
    assert not said


def test_the_door_leads_to_the_first_page(site, page):
    said = watch(page, site)
    page.goto(site + f"{DOOR}.html")
    page.locator("h1").wait_for()
    assert not said


def settled(page: Page) -> None:
    """Wait until ten frames show the same: what comes into view is laid out by then."""
    page.wait_for_function(
        """async () => {
          const state = () => [scrollY, document.scrollingElement.scrollHeight].join();
          const before = state();
          for (let i = 0; i < 10; i++) await new Promise(requestAnimationFrame);
          return state() === before;
        }"""
    )


@pytest.mark.parametrize("name", NOTEBOOKS)
@pytest.mark.parametrize("width", [1280, 390])
def test_an_address_lands_where_it_leads(name, width, page, html):
    """Sections out of sight are not laid out, and where a place is depends on them."""
    path = html / f"{name}.html"
    anchors = [a for a in outline(path).addresses if re.match("#(fig|ex|thm)-", a)]
    assert len(anchors) > 3
    page.set_viewport_size({"width": width, "height": 800})
    top = "name => document.getElementById(name).getBoundingClientRect().top"
    page.goto(path.as_uri())
    for anchor in sorted(anchors)[::3]:
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
        page.evaluate(
            """wanted => {
              document.getElementById("search-results").replaceChildren();
              Search.performSearch(wanted);
            }""",
            wanted,
        )
        summary = page.locator("#search-results .search-summary")
        summary.filter(has_text=re.compile("found|did not match")).wait_for()
        links = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
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
