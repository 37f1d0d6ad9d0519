"""Print the page that the builder *paper* wrote.

    python tools/pdf.py _build/paper _build/pdf/softmax.pdf

A browser knows on which page a place comes only once it has printed it. So the book is printed,
the numbers are entered in contents, index and references, and it is printed again.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import chromium
from pikepdf import Dictionary, Name, ObjectStreamMode, Pdf
from playwright.sync_api import Page

NEEDED = (
    "make pdf needs Chromium or Chrome, version 131 or later (on Debian: apt-get install chromium)"
)

# An index entry names a page once, however often the page has the word.
ENTER = """numbers => {
  for (const place of document.querySelectorAll("[data-page-of]"))
    place.textContent = numbers[place.dataset.pageOf] ?? "";
  for (const pages of document.querySelectorAll(".pages")) {
    const seen = new Set();
    for (const link of pages.children) {
      link.hidden = seen.has(link.textContent);
      seen.add(link.textContent);
    }
  }
}"""


@contextmanager
def opened(source: Path) -> Iterator[Page]:
    """Open a file in the browser, its fonts loaded."""
    path = chromium.find()
    if path is None:
        sys.exit(NEEDED)
    with chromium.launch(path) as browser:
        page = browser.new_page()
        page.set_default_timeout(300_000)  # a busy machine takes its time over a whole book
        page.goto(source.resolve().as_uri())
        page.evaluate("document.fonts.ready")
        yield page


def printed(page: Page, whole: bool) -> Pdf:
    """Print the page, with bookmarks and with tags for screen readers, or half as fast again."""
    return Pdf.open(BytesIO(page.pdf(prefer_css_page_size=True, outline=whole, tagged=whole)))


def page_numbers(book: Pdf) -> dict[str, int]:
    """Say on which page each place lies that a link names."""
    numbers = {page.objgen: number for number, page in enumerate(book.pages, start=1)}
    return {name[1:]: numbers[to[0].objgen] for name, to in book.Root.Dests.items()}


def paginated(page: Page) -> Pdf:
    """Print until the page numbers entered are those of the print; the first print is for these."""
    entered = {}
    for _ in range(4):
        page.evaluate(ENTER, entered)
        book = printed(page, whole=bool(entered))
        if entered == (entered := page_numbers(book)):
            return book
    sys.exit("the page numbers do not settle: entering them moves what they number")


def finish(book: Pdf, metadata: dict[str, str]) -> None:
    """Add what Chromium leaves out: the author, and what a reader program shows first."""
    with book.open_metadata(set_pikepdf_as_editor=False) as described:
        described["dc:title"] = metadata["title"]
        described["dc:creator"] = [metadata["author"]]
        described["dc:description"] = metadata["description"]
        described["dc:language"] = [str(book.Root.Lang)]
    book.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    book.Root.PageMode = Name.UseOutlines
    # Chromium tags emphasis with names that only PDF 2.0 knows.
    book.Root.StructTreeRoot.RoleMap = Dictionary(Em=Name.Span, Strong=Name.Span)


def main(source: Path, target: Path) -> None:
    """Print the page of a folder."""
    with opened(source / "index.html") as page:
        metadata = page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('meta[name]')]"
            ".map(tag => [tag.name, tag.content]))"
        )
        book = paginated(page)
        finish(book, {"title": page.title(), **metadata})
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target, object_stream_mode=ObjectStreamMode.generate)  # a third of the size
    print(f"The book is printed, {len(book.pages)} pages. Open {target.resolve()}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
