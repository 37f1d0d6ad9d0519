"""What the book's own extensions make of pages; the pages themselves are tested in a browser."""

import sys

import optional
import pytest
import yaml
from press.contents import DOCUMENTS, ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import pages
import previews

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]


def test_every_page_is_described_for_searches():
    """Search engines show some 160 characters."""
    assert sorted(CONFIG["page_descriptions"]) == sorted(DOCUMENTS)
    for page, text in CONFIG["page_descriptions"].items():
        assert 40 <= len(text) <= 180, (page, len(text))
        assert text.endswith(".")


def test_no_page_pretends_to_know_where_it_is_published(monkeypatch):
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    assert pages.places("book/definition.ipynb") == {}
    monkeypatch.setenv("BOOK_REPOSITORY", "someone/book")
    monkeypatch.setenv("BOOK_BRANCH", "trunk")
    places = pages.places("book/definition.ipynb")
    assert list(places) == ["Open in Colab", "Open in Binder", "Edit this page"]
    for address in places.values():
        assert address.startswith("https://")
        assert "someone/book" in address
        assert address.endswith("book/definition.ipynb")
    assert "/blob/colab/" in places["Open in Colab"]
    assert "/trunk?" in places["Open in Binder"]
    assert "/edit/trunk/" in places["Edit this page"]
    assert list(pages.places("a.ipynb", on_binder=False)) == ["Open in Colab", "Edit this page"]


def test_binder_is_offered_where_it_has_what_a_notebook_needs():
    assert [f"{page}.ipynb" for page in CONFIG["not_on_binder"]] == [
        f"book/{name}" for name in optional.NEEDS
    ]


@pytest.mark.parametrize(
    ("body", "time"),
    [
        ("<p><strong>Time</strong>: two hours, and four for the exercises.</p>", "Two hours"),
        ("<p>Alone. <strong>Time:</strong> an hour, or ten minutes.</p>", "An hour"),
        ("<p>" + "word " * 199 + "</p>", "A minute"),
        ("<p>Times change" + " word" * 199 + "</p>", "2 minutes"),
    ],
)
def test_a_page_says_how_long_it_takes(body, time):
    assert pages.reading_time(body) == time


@pytest.mark.parametrize(
    ("unit", "width", "height"), [("pt", 497, 298), ("", 373, 224)], ids=["points", "pixels"]
)
def test_pictures_get_their_size(tmp_path, unit, width, height):
    """A point is 4/3 of a pixel."""
    drawing = tmp_path / "a.svg"
    drawing.write_text(f'<svg xmlns="a" width="372.6{unit}" height="223.5{unit}">')
    tag = pages.sized("<img ", drawing)
    assert tag == f'<img width="{width}" height="{height}" loading="lazy" decoding="async" '


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<span class="mord mathnormal" style="margin-right:0.04em;">z</span>', "z"),
        ('<span class="mord mathnormal mtight">p</span>', "p"),
        ('<span class="mord mathnormal">y</span>', "y"),
    ],
)
def test_letters_with_a_meaning_get_their_colour(html, name):
    coloured = pages.LETTER.sub(r'<span class="mord mathnormal letter-\1', html)
    assert coloured == html.replace("mathnormal", f"mathnormal letter-{name}", 1)


@pytest.mark.parametrize(
    "html",
    [
        '<span class="mord mathnormal">x</span>',
        '<span class="mord mathnormal">zz</span>',
        '<span class="mord mathrm">p</span>',
    ],
)
def test_other_letters_stay_black(html):
    assert pages.LETTER.search(html) is None


def test_the_colours_of_terminals_are_left_out_of_the_style_sheet():
    rules = "p { a: b }\ndiv .-Color[class*=-C1] { color: red }\n.c { d: e }"
    assert pages.TERMINAL.sub("", rules) == "p { a: b }\n.c { d: e }"


def test_a_preview_is_the_whole_element_and_no_more():
    body = '<p>x</p><div id="thm-a"><div>1</div><p>2</p></div><div>3</div>'
    assert previews.element(body, "thm-a") == '<div id="thm-a"><div>1</div><p>2</p></div>'


def test_the_preview_of_a_term_is_its_explanation():
    body = '<dl><dt id="term-a">a</dt><dd><p>1</p></dd><dt id="term-b">b</dt><dd>2</dd></dl>'
    assert previews.element(body, "term-a") == "<dd><p>1</p></dd>"
    assert previews.element(body, "term-b") == "<dd>2</dd>"


@pytest.mark.parametrize("name", ["none", "heading"])
def test_there_is_no_preview_of_what_is_absent_or_a_section(name):
    assert previews.element('<section id="heading"><p>1</p></section>', name) is None


@pytest.mark.parametrize(("code", "reached"), [("x" * 40, False), ("x\n" + "&lt;" * 41, True)])
def test_code_that_may_scroll_takes_the_focus(code, reached):
    html = pages.CODE.sub(pages.within_reach, f"<pre><span>{code}</span></pre>")
    assert ('tabindex="0"' in html) == reached
    assert html.endswith(f"<span>{code}</span></pre>")


def test_code_without_a_colour_of_its_own_is_plain():
    code = '<span class="k">def</span><span class="w"> </span><span class="n">f</span>'
    assert pages.PLAIN.sub(r"\1", code) == '<span class="k">def</span> f'
