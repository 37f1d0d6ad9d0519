"""The checks of pages bite: what is wrong with a page is found, in the view that has it."""

import pytest
from browser import LOADED, VIEWS, faults_in_every_view, outline

BAD = """<!doctype html><html lang="en"><title>Bad</title><main><h1 id="twice">Bad</h1>
<p style="width: 2000px; color: #ddd">Pale and <a href="#nowhere" id="twice">dead</a></p>
<a href="gone.html">gone</a><img src="https://nowhere.invalid/picture.png">
<script>console.log("chatter"); undefined.property</script></main></html>"""


def test_the_checks_bite(new_context, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(BAD)
    folder = f"{tmp_path.as_uri()}/"
    views = faults_in_every_view(bad.name, new_context, f"{tmp_path}/shots", folder)
    for theme, width in VIEWS:
        faults = " ".join(x for x in views if x.startswith(f"{theme}, {width} pixels: "))
        for fault in (
            "foreign request",
            "failed request",
            "console log: chatter",
            "error: Cannot read",
        ):
            assert fault in faults
        assert "scrolls sideways, 2" in faults
        # What does not depend on colours is asked in the first theme of each width.
        assert ("axe image-alt" in faults) == (theme == LOADED[width][0])
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
    "longest where another lies on it": (
        "light, 1280",
        '<div style="position: absolute; width: 60px; height: 60px; background: white"></div>'
        '<p class="pale">Words, some of which nobody sees</p><p class="pale">Words</p>',
    ),
    "in a field": ("light, 1280", '<input aria-label="Field" value="Words" class="pale">'),
}


@pytest.mark.parametrize("where", PALE_TEXTS)
def test_one_pale_text_is_found(where, new_context, tmp_path):
    """Axe judges one text of each look, in the first view that has it."""
    view, part = PALE_TEXTS[where]
    path = tmp_path / "pale.html"
    path.write_text(ONE_PALE_TEXT.format(part))
    faults = faults_in_every_view(path.name, new_context, f"{tmp_path}", f"{tmp_path.as_uri()}/")
    assert faults
    assert faults[0].startswith(f"{view} pixels: axe color-contrast"), faults


def test_a_formula_that_scrolls_is_reached_by_keyboard(new_context, tmp_path):
    """Formulas are judged without their letters, and are as wide as they were."""
    wide = f"<div class=katex-display>{FORMULA.replace('x</span>', 'x' * 60 + '</span>')}</div>"
    path = tmp_path / "wide.html"
    path.write_text(ONE_PALE_TEXT.format(wide))
    faults = faults_in_every_view(path.name, new_context, f"{tmp_path}", f"{tmp_path.as_uri()}/")
    assert len(faults) == 1
    assert faults[0].startswith("light, 390 pixels: axe scrollable-region-focusable")
