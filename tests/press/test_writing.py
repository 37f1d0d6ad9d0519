"""How nodes become HTML: roles, tables, pictures, code."""

import pytest
from press import writing

ROWS = "|   | a |\n|---|---|\n| b |   |"
BUILDERS = ["html", "epub", "paper"]


@pytest.mark.parametrize(
    ("unit", "width", "height"), [("pt", 497, 298), ("", 373, 224)], ids=["points", "pixels"]
)
def test_pictures_get_their_size(tmp_path, unit, width, height):
    """A point is 4/3 of a pixel."""
    drawing = tmp_path / "a.svg"
    drawing.write_text(f'<svg xmlns="a" width="372.6{unit}" height="223.5{unit}">')
    attributes = f'width="{width}" height="{height}" loading="lazy" decoding="async"'
    assert writing.sized(drawing) == attributes


def test_a_picture_on_a_page_has_them(written, tmp_path):
    (tmp_path / "a.svg").write_text('<svg xmlns="a" width="30" height="20"></svg>')
    image = written("html", "![What it shows](a.svg)").img
    assert (image["width"], image["height"], image["loading"]) == ("30", "20", "lazy")
    assert image["alt"] == "What it shows"


@pytest.mark.parametrize(("code", "reached"), [("x" * 40, False), ("x\n" + "<" * 41, True)])
def test_code_that_may_scroll_takes_the_focus(written, code, reached):
    pre = written("html", f"```text\n{code}\n```").pre
    assert (pre.get("tabindex") == "0") == reached
    assert pre.get_text().strip() == code


def test_code_without_a_colour_of_its_own_is_plain():
    html = writing.PlainBridge().highlight_block("def f", "python")
    assert '<span class="k">def</span> <span class="nf">f</span>' in html
    plain = writing.PlainBridge().highlight_block("if f(x)", "python")
    assert '<span class="k">if</span> f(x)' in plain


def test_on_paper_long_lines_are_smaller_and_short_code_stays_whole(written):
    pre = written("paper", f"```text\n{'x' * 90}\n```").pre
    assert pre["style"] == "--fit: 0.956" and pre["class"] == ["unbroken"]


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_field_without_text_heads_nothing(written, builder):
    table = written(builder, ROWS).table
    assert [cell.name for cell in table.find_all(["th", "td"])] == ["td", "th", "td", "td"]
    assert table.td.contents == []


@pytest.mark.parametrize(("builder", "box"), [("html", ".table-wrapper"), ("epub", ".wide")])
def test_a_wide_table_scrolls_in_a_box_of_its_own(written, builder, box):
    wrapper = written(builder, ROWS).select_one(f"{box} > table").parent
    assert (wrapper.get("tabindex") == "0") == (builder == "html")


@pytest.mark.parametrize("builder", BUILDERS)
def test_works_and_captions_have_no_role_that_is_given_up(written, builder):
    page = written(builder, "{cite:t}`a`\n\n```{bibliography}\n```")
    assert "A title" in page.select_one(".citation-list > .citation").get_text()
    assert not [tag for tag in page.find_all(role=True) if "biblio" in tag["role"]]
    assert not page.find_all(role="list")


FIELD = """```{eval-rst}
.. py:function:: f()

   :returns: One.

             Two.
```"""


def test_paragraphs_of_a_field_lie_beside_one_another(written):
    page = written("html", FIELD)
    assert [p.get_text() for p in page.select("dd p")] == ["One.", "Two."]
    assert not page.select("p p")
