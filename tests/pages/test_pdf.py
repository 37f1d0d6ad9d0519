"""The printed book: whole, in order, every link alive, every letter and line sharp."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from browser import require_browser
from built import PAPER, PDF, built
from pikepdf import Dictionary, Object, OutlineItem, Pdf, Stream
from press.contents import CHAPTERS, ROOT
from pypdfium2 import PdfDocument


@pytest.fixture(scope="module")
def path() -> Path:
    require_browser()
    return built(PDF)


@pytest.fixture(scope="module")
def paper() -> str:
    """Give the page that is printed."""
    return built(PAPER).read_text()


@pytest.fixture(scope="module")
def book(path) -> Iterator[Pdf]:
    with Pdf.open(path) as book:
        yield book


@pytest.fixture(scope="module")
def texts(path) -> list[str]:
    """Give the text of each page, as a reader who copies it gets it."""
    pages = [page.get_textpage().get_text_range() for page in PdfDocument(path)]
    return [page.replace("\r\n", "\n") for page in pages]


def outline(book: Pdf, depth: int = 1) -> list[tuple[str, int]]:
    """List the bookmarks of the first levels, each with its page."""
    numbers = {page.objgen: number for number, page in enumerate(book.pages)}

    def walk(entries: list[OutlineItem], level: int) -> Iterator[tuple[str, int]]:
        for entry in entries:
            yield " ".join(entry.title.split()), numbers[entry.destination[0].objgen]
            if level < depth:
                yield from walk(entry.children, level + 1)

    with book.open_outline() as entries:
        return list(walk(entries.root, 1))


def titles() -> list[str]:
    """Read the titles of the chapters from their notebooks."""
    found = [(ROOT / f"{chapter}.ipynb").read_text() for chapter in CHAPTERS]
    return [re.search(r'"# ([^"\\]+)', text)[1] for text in found]


def links(book: Pdf) -> list[Object]:
    """List what leads somewhere."""
    notes = [note for page in book.pages for note in page.get("/Annots", [])]
    return [note for note in notes if note.Subtype == "/Link"]


def test_it_has_the_size_of_a_book_and_says_what_it_is(path, book):
    assert 150 < len(book.pages) < 450
    assert path.stat().st_size < 12_000_000
    assert book.docinfo.Title == "Softmax: one function, understood"
    assert book.docinfo.Author == "The Softmax Book authors"
    assert book.Root.Lang == "en"
    assert book.Root.MarkInfo.Marked


def test_every_chapter_has_its_bookmark_in_order(book):
    bookmarks = outline(book)
    pages = [page for _, page in bookmarks]
    assert pages == sorted(pages)
    numbered = [re.sub(r"^\d+\. ", "", name) for name, _ in bookmarks if re.match(r"\d+\. ", name)]
    assert len(numbered) == len(CHAPTERS)
    for name, title in zip(numbered, titles(), strict=True):
        assert name[:12] == title[:12]  # mathematics may follow
    assert len(outline(book, depth=2)) > 10 * len(CHAPTERS)


def test_solutions_come_after_the_last_chapter_one_for_every_exercise(book, texts):
    bookmarks = dict(outline(book))
    last = max(page for name, page in bookmarks.items() if re.match(r"\d+\. ", name))
    start = bookmarks["Solutions"]
    assert start > last
    solved = re.findall(r"Solution to\s+Exercise\s+([\d.]+)", " ".join(texts))
    promised = re.findall(r"Solution on page\s+(\d+)", " ".join(texts))
    assert not re.search(r"Solution to\s+Exercise", " ".join(texts[:start]))
    assert len(solved) == len(set(solved)) == len(promised) >= 8 * len(CHAPTERS)
    assert all(start < int(page) <= len(texts) for page in promised)


def test_every_link_within_the_book_leads_somewhere(book):
    within = {str(link.Dest) for link in links(book) if "/Dest" in link}
    assert len(within) > 500
    assert not within - set(book.Root.Dests.keys())
    addresses = [str(link.A.URI) for link in links(book) if "/A" in link]
    assert addresses
    assert not [address for address in addresses if not re.match("https?://|mailto:", address)]


def test_the_contents_name_the_right_pages(book, texts):
    listed = "".join("".join(texts[2:7]).split())  # letters there may be spaced
    for name, page in outline(book):
        if re.match(r"\d+\. ", name):
            begin = re.escape("".join(name.split())[:12])
            line = re.search(rf"{begin}\D*?(\d+)", listed)
            assert line[1].startswith(str(page + 1)), name  # the next line's number may follow


def test_every_font_is_embedded_and_of_outlines(book):
    things = [thing for thing in book.objects if isinstance(thing, Dictionary)]
    fonts = [thing for thing in things if thing.get("/Type") == "/Font"]
    assert fonts
    # A font of type 3 comes of letters that no font of book/_static/paper has.
    assert not [font for font in fonts if font.Subtype == "/Type3"]
    for font in (thing for thing in things if thing.get("/Type") == "/FontDescriptor"):
        assert re.match(r"/[A-Z]{6}\+(SoftmaxBook|KaTeX)", str(font.FontName))  # a subset
        assert {"/FontFile2", "/FontFile3"} & set(font.keys())


def test_no_figure_is_a_bitmap(book):
    streams = [thing for thing in book.objects if isinstance(thing, Stream)]
    assert streams
    assert not [thing for thing in streams if thing.get("/Subtype") == "/Image"]


def test_every_numbered_equation_is_there(paper, texts):
    numbers = re.findall(r'class="eqno">\((\d+\.\d+)\)', paper)
    assert len(numbers) == len(set(numbers)) > 5 * len(CHAPTERS)
    everything = "\n".join(texts)
    assert not [number for number in numbers if f"({number})" not in everything]


def test_code_that_draws_nothing_is_printed(texts):
    """Hidden cells define what later cells use; those that draw a figure are left out."""
    everything = "\n".join(texts)
    assert "class Ledger(np.ndarray)" in everything
    assert "live.show(" not in everything


def test_a_live_figure_says_where_its_sliders_stand(paper, texts):
    lines = re.findall(r'<p class="live-state">.* stand here at (.+)\.</p>', paper)
    assert len(lines) >= 2 * len(CHAPTERS)
    assert "offset c: 50" in lines
    assert " ".join(texts).count("Sliders, in a browser") == len(lines)


def test_another_chapter_is_named_with_its_page(book, texts):
    """As in: the definition of softmax (Definition, p. 8)."""
    pages = {name.partition(". ")[2]: page + 1 for name, page in outline(book)}
    (first,) = (page for name, page in pages.items() if name.startswith("Definition"))
    cited = re.findall(r"Definition,\s+p\.\s+(\d+)", " ".join(texts))
    assert len(cited) > 5 and set(cited) == {str(first)}


def test_nothing_of_the_screen_is_left_and_no_page_is_blank(texts):
    assert not [text for text in texts if "Show code cell" in text]
    assert not [number for number, text in enumerate(texts, 1) if len(text) < 80]
    assert not [a for a, b in pairwise(texts) if a == b]
