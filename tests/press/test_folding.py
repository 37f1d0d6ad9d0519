"""What folds in a browser, and what becomes of it elsewhere."""

import pytest

EXERCISE = """\
```{exercise} Warm-up
:label: ex-a

Add.
```

```{solution} ex-a
:label: sol-a
:class: dropdown

Added.
```
"""
DROPDOWN = ":::{dropdown} More\nText.\n:::"
PROOF = "```{prf:proof}\nClear.\n```"
STATEMENT = "```{prf:theorem} It\n:label: thm-a\nSo.\n```"
BUILDERS = ["html", "epub", "paper"]


def test_in_a_browser_a_solution_folds_and_leads_back(written):
    page = written("html", EXERCISE)
    fold = page.select_one("details#sol-a.solution")
    assert fold.summary.get_text() == "Solution to Exercise 1 (Warm-up)"
    assert fold.a["href"] == "#ex-a"
    assert fold.get_text().endswith("Added.\n")
    assert not page.select("#ex-a a")


@pytest.mark.parametrize(("builder", "place"), [("epub", "sol-a"), ("paper", "index:sol-a")])
def test_elsewhere_it_is_open_and_the_exercise_leads_to_it(written, builder, place):
    page = written(builder, EXERCISE)
    assert not page.find_all("details")
    solution = page.find(id=place)
    link = solution.select_one(".admonition-title a")
    assert link.get_text() == "Exercise 1 (Warm-up)"  # without the space before it
    assert link.parent.get_text().startswith("Solution to Exercise")
    (*_, there) = page.find(id=link["href"].removeprefix("#")).find_all("a")
    assert there["href"] == f"#{place}"


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_long_table_folds_in_a_browser_alone(written, builder):
    page = written(builder, DROPDOWN)
    box = page.select_one(".sd-dropdown")
    assert (box.name == "details") == (builder == "html")
    assert box.select_one("summary, .admonition-title").get_text().strip() == "More"
    assert "Text." in box.get_text() and not page.find_all("svg")


@pytest.mark.parametrize("builder", BUILDERS)
def test_no_id_stands_twice(written, builder):
    page = written(builder, f"{EXERCISE}\n{STATEMENT}\n{PROOF}\n{PROOF}")
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids)) >= 3
    assert not [name for name in ids if name.endswith(("proof", "-content"))]


def test_in_an_e_book_the_word_proof_stands_out(written):
    assert str(written("epub", PROOF).p) == "<p><em>Proof.</em> Clear.</p>"
