"""The map in the preface: what its arrows say is so, its boxes lead on, and it lights up."""

import re

import nbformat
import pytest
import yaml
from playwright.sync_api import Page
from press.concept_map import after, before
from press.contents import ROOT

PREFACE = (ROOT / "book" / "preface.md").read_text()
BOXES = yaml.safe_load(re.search(r"```\{concept-map\}\n(.*?)```", PREFACE, re.S)[1])
PATH = {"before": "rgb(27, 79, 156)", "after": "rgb(91, 58, 140)"}


@pytest.fixture
def page(new_context, html) -> Page:
    view = {"width": 1280, "height": 900}
    page = new_context(viewport=view, color_scheme="light").new_page()
    page.goto((html / "book" / "preface.html").as_uri())
    return page


@pytest.mark.parametrize("name", BOXES)
def test_an_arrow_is_what_a_chapter_says_that_the_reader_needs(name):
    text = nbformat.read(ROOT / "book" / f"{name}.ipynb", as_version=4).cells[0].source
    needs = re.search(r"\*\*You need\*\*(.*?)\n\n", text, re.S)[1]
    named = set(re.findall(r"\{doc\}`(\w+)`", needs))
    assert set(BOXES[name]["needs"]) <= named
    assert named <= before(BOXES, name)


@pytest.mark.parametrize("reach", ["hover", "focus"])
def test_a_box_lights_up_its_way(page, reach):
    name = "cross_entropy"
    box = page.locator(f".map-{name}")
    if reach == "focus":
        page.keyboard.press("Tab")  # the focus is seen where the keyboard moved it
    getattr(box, reach)()
    page.wait_for_timeout(100)
    for other in BOXES:
        drawn = page.locator(f".map-{other}")
        opacity = float(drawn.evaluate("e => getComputedStyle(e).opacity"))
        way = [
            w for w, names in (("before", before), ("after", after)) if other in names(BOXES, name)
        ]
        assert opacity == (1 if way or other == name else 0.3), other
        stroke = drawn.locator("rect").evaluate("e => getComputedStyle(e).stroke")
        if way:
            assert stroke == PATH[way[0]]
    lit = page.locator(".map > path").evaluate_all(
        "paths => paths.filter(p => getComputedStyle(p).opacity == 1).map(p => p.classList[0])"
    )
    related = [{name, *names(BOXES, name)} for names in (before, after)]
    assert sorted(lit) == sorted(
        f"map-{need}-{other}"
        for other, box in BOXES.items()
        for need in box["needs"]
        if any({need, other} <= names for names in related)
    )


def test_a_box_leads_to_its_chapter_and_is_named_for_it(page):
    for name in BOXES:
        box = page.locator(f".map-{name}")
        assert box.get_attribute("href").endswith(f"{name}.html")
        says = box.get_attribute("aria-label")
        shown = " ".join(box.locator(".map-title").all_text_contents())
        assert shown in says
        assert BOXES[name]["about"] in says


def test_words_stay_in_their_boxes(page):
    outside = page.locator(".map").evaluate(
        """map => [...map.querySelectorAll('a')].flatMap(a => {
            const box = a.querySelector('rect').getBBox();
            return [...a.querySelectorAll('text')].filter(text => {
                const t = text.getBBox();
                return t.x < box.x || t.x + t.width > box.x + box.width
                    || t.y < box.y || t.y + t.height > box.y + box.height;
            }).map(text => text.textContent);
        })"""
    )
    assert outside == []
