"""Formulas, as KaTeX makes them and as they are mended."""

import pytest
from press import formulas
from sphinx.errors import ExtensionError

FUNCTION = "\N{FUNCTION APPLICATION}"
BUILDERS = ["html", "epub", "paper"]


def spaced(mathml: str) -> str:
    return formulas.spaced(
        f'<span class="katex"><math xmlns="x"><semantics><mrow>{mathml}</mrow><annotation/>'
        "</semantics></math></span>"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<mi>log</mi><mo>F</mo><mi>p</mi>", '<mi>log</mi><mo rspace="0.167em">F</mo><mi>p</mi>'),
        ("<mi>log</mi><mo>F</mo><mo>(</mo>", "<mi>log</mi><mo>F</mo><mo>(</mo>"),
        ("<msub><mi>e</mi><mi>min</mi><mo>F</mo></msub>", "<msub><mi>e</mi><mi>min</mi></msub>"),
        (
            "<msub><mi>e</mi><mrow><mi>min</mi><mo>F</mo></mrow></msub>",
            "<msub><mi>e</mi><mrow><mi>min</mi></mrow></msub>",
        ),
        (
            "<munder><mrow><mi>max</mi><mo>F</mo></mrow><mi>k</mi></munder><mi>z</mi>",
            "<munder><mrow><mi>max</mi></mrow><mi>k</mi></munder>"
            '<mo rspace="0.167em">F</mo><mi>z</mi>',
        ),
        ("<mo>=</mo><mo>−</mo><mn>1</mn>", '<mo>=</mo><mo form="prefix">−</mo><mn>1</mn>'),
        ("<mo>)</mo><mo>−</mo><mn>1</mn>", "<mo>)</mo><mo>−</mo><mn>1</mn>"),
        ("<mo>⟩</mo><mo>−</mo><mn>1</mn>", "<mo>⟩</mo><mo>−</mo><mn>1</mn>"),
        ("<mi>u</mi><mi>log</mi><mo>F</mo>", '<mi>u</mi><mspace width="0.167em"/><mi>log</mi>'),
        ("<mo>=</mo><mi>log</mi><mo>F</mo>", "<mo>=</mo><mi>log</mi>"),
        ("<msup><mi>f</mi><mo>′′</mo></msup>", "<mrow><mi>f</mi><mi>″</mi></mrow>"),
        (
            '<mrow><mo fence="true">∣</mo><mi>x</mi><mo fence="true">∣</mo></mrow>',
            '<mrow><mo fence="true" form="prefix" stretchy="true">|</mo><mi>x</mi>'
            '<mo fence="true" form="postfix" stretchy="true">|</mo></mrow>',
        ),
        ('<mo stretchy="false">∥</mo>', '<mo lspace="0" rspace="0" stretchy="false">∥</mo>'),
        ("<mi>p</mi><mo>∥</mo><mi>q</mi>", "<mi>p</mi><mo>∥</mo><mi>q</mi>"),
        ('<mi mathvariant="double-struck">R</mi>', "<mi>ℝ</mi>"),
        ('<mn mathvariant="bold">1</mn>', "<mn>𝟏</mn>"),
        ('<mi mathvariant="bold">β</mi>', "<mi>𝛃</mi>"),
        ('<mi mathvariant="normal">Δ</mi>', '<mi mathvariant="normal">Δ</mi>'),
    ],
)
def test_formulas_are_valid_and_spaced(before, after):
    assert after.replace("F", FUNCTION) in spaced(before.replace("F", FUNCTION))


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<span class="mord mathnormal" style="margin-right:0.04em;">z</span>', "z"),
        ('<span class="mord mathnormal mtight">p</span>', "p"),
        ('<span class="mord mathnormal">y</span>', "y"),
    ],
)
def test_letters_with_a_meaning_get_their_colour(html, name):
    assert formulas.coloured(html) == html.replace("mathnormal", f"mathnormal letter-{name}", 1)


@pytest.mark.parametrize(
    "html",
    [
        '<span class="mord mathnormal">x</span>',
        '<span class="mord mathnormal">zz</span>',
        '<span class="mord mathrm">p</span>',
    ],
)
def test_other_letters_stay_black(html):
    assert formulas.coloured(html) == html


def test_browsers_get_boxes_and_valid_mathml():
    html = formulas.render(r"e_{\min} + \log z", False, "html")
    mathml, _, boxes = html.partition("</math>")
    assert "<msub><mi>e</mi><mi>min</mi></msub>" in mathml
    assert f"<mi>log</mi><mo>{FUNCTION}</mo><mi>z</mi>" in mathml
    assert "letter-z" in boxes


def test_paper_gets_boxes_with_a_name():
    html = formulas.render('p < "q"', False, "paper")
    assert html.startswith('<span class="katex" role="img" aria-label="p &lt; &quot;q&quot;">')
    assert "<math" not in html and "aria-hidden" not in html


def test_a_formula_that_katex_cannot_read_is_named():
    with pytest.raises(ExtensionError, match=r"can read; got \\frac\{1: KaTeX parse error: .*end"):
        formulas.render(r"\frac{1", False, "html")
    assert "frac" in formulas.render(r"\frac12", False, "html")  # and it goes on


def test_brackets_and_stops_stay_with_their_formula(written):
    page = written("epub", "($z$), so")
    box = page.select_one("p > .together")
    assert box.contents[0] == "(" and box.contents[-1] == "),"
    assert page.p.contents[-1] == " so"


def test_what_may_not_fit_on_a_phone_scrolls_by_itself(written):
    page = written("epub", f"(${'+'.join('abcdefghijklmnopqrst')}$), so")
    assert page.select_one(".katex.long") and not page.select(".together")


@pytest.mark.parametrize("builder", BUILDERS)
def test_an_equation_has_its_number_and_one_place(written, builder):
    page = written(builder, "$$z$$ (eq-a)\n\nSee {eq}`eq-a`.")
    place = page.select_one("a.internal")["href"].removeprefix("#")
    (equation,) = page.find_all(id=place)
    assert equation["class"] == ["math"]
    assert equation.find(class_="eqno").get_text().startswith("(1)")
