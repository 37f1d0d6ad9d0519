"""What a page says of itself, and what it loads."""

import optional
import pytest
import yaml
from press import assets, edition, page, previews
from press.contents import DOCUMENTS, ROOT

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]


def test_every_page_is_described_for_searches():
    """Search engines show some 160 characters."""
    assert sorted(CONFIG["page_descriptions"]) == sorted(DOCUMENTS)
    for name, text in CONFIG["page_descriptions"].items():
        assert 40 <= len(text) <= 180, (name, len(text))
        assert text.endswith(".")


def test_no_page_pretends_to_know_where_it_is_published(monkeypatch):
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    assert page.places("book/definition.ipynb") == {}
    monkeypatch.setenv("BOOK_REPOSITORY", "someone/book")
    monkeypatch.setenv("BOOK_BRANCH", "trunk")
    places = page.places("book/definition.ipynb")
    assert list(places) == ["Open in Colab", "Open in Binder", "Edit this page"]
    for address in places.values():
        assert address.startswith("https://")
        assert "someone/book" in address
        assert address.endswith("book/definition.ipynb")
    assert "/blob/colab/" in places["Open in Colab"]
    assert "/trunk?" in places["Open in Binder"]
    assert "/edit/trunk/" in places["Edit this page"]
    assert list(page.places("a.ipynb", on_binder=False)) == ["Open in Colab", "Edit this page"]


def test_binder_is_offered_where_it_has_what_a_notebook_needs():
    assert [f"{name}.ipynb" for name in CONFIG["not_on_binder"]] == [
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
    assert page.reading_time(body) == time


def test_the_colours_of_terminals_are_left_out_of_the_style_sheet():
    rules = "p { a: b }\ndiv .-Color[class*=-C1] { color: red }\n.c { d: e }"
    assert assets.TERMINAL.sub("", rules) == "p { a: b }\n.c { d: e }"


def test_a_preview_is_the_whole_element_and_no_more():
    body = '<p>x</p><div id="thm-a"><div>1</div><p>2</p></div><div>3</div>'
    begun = previews.elements(body)["thm-a"]
    assert previews.element(body, begun) == '<div id="thm-a"><div>1</div><p>2</p></div>'


def test_the_preview_of_a_term_is_its_explanation():
    body = '<dl><dt id="term-a">a</dt><dd><p>1</p></dd><dt id="term-b">b</dt><dd>2</dd></dl>'
    begun = previews.elements(body)
    assert previews.element(body, begun["term-a"]) == "<dd><p>1</p></dd>"
    assert previews.element(body, begun["term-b"]) == "<dd>2</dd>"


@pytest.mark.parametrize("name", ["none", "heading"])
def test_there_is_no_preview_of_what_is_absent_or_a_section(name):
    body = '<section id="heading"><p>1</p></section>'
    assert previews.element(body, previews.elements(body).get(name)) is None


def test_the_edition_comes_from_the_environment_or_the_history(monkeypatch):
    monkeypatch.setenv("BOOK_VERSION", "7.1")
    monkeypatch.setenv("BOOK_DATE", "2030-01-31")
    assert (edition.version(), str(edition.day())) == ("7.1", "2030-01-31")
    monkeypatch.setenv("BOOK_DATE", "soon")
    with pytest.raises(ValueError, match="2026-11-30; got 'soon'"):
        edition.day()
    monkeypatch.delenv("BOOK_VERSION")
    monkeypatch.delenv("BOOK_DATE")
    monkeypatch.setattr(edition, "git", lambda *command: "")
    assert edition.version().count(".") == 2
    assert all(part.isdecimal() for part in edition.version().split("."))
    assert edition.day().year >= 2026
