"""The zip of the HTML book."""

import hashlib
from pathlib import Path
from zipfile import ZipFile

import pytest
from zip_book import zip_book


def pages(folder: Path, names: list[str]) -> Path:
    """Write small files; none but a hidden one is left out."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"this is {name}")
    return folder


def test_all_pages_lie_under_one_folder(tmp_path):
    built = pages(tmp_path / "html", ["index.html", "book/definition.html", ".buildinfo"])
    zip_book(built, tmp_path / "softmax-html.zip")
    with ZipFile(tmp_path / "softmax-html.zip") as archive:
        assert archive.namelist() == [
            "softmax-html/book/definition.html",
            "softmax-html/index.html",
        ]
        assert archive.read("softmax-html/index.html") == b"this is index.html"
        archive.extractall(tmp_path)
    assert (tmp_path / "softmax-html/book/definition.html").read_text()


def test_the_same_pages_give_the_same_file(tmp_path):
    names = ["index.html", "a/b.html", "a.html", "_static/book.css"]
    digests = set()
    for folder, order in (("one", names), ("two", names[::-1])):
        built = pages(tmp_path / folder / "html", order)
        target = tmp_path / folder / "softmax-html.zip"
        zip_book(built, target)
        digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_folder_without_a_book_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"with an index\.html"):
        zip_book(tmp_path, tmp_path / "softmax-html.zip")
    assert not (tmp_path / "softmax-html.zip").exists()
