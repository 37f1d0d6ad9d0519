"""Pages for e-readers: what Sphinx, its extensions and KaTeX write, made valid."""

import re
import unicodedata
from urllib.parse import quote
from xml.dom.minidom import Document, Element, Node

ADDRESS = "!#$%&'()*+,/:;=?@[]~"  # what may stand in one, beside letters and digits
COLUMNS = 44  # of code on a phone
LONG = 30  # letters of a formula that may not fit on the line of a phone

# Elements of MathML that take a fixed number of children; all but two have scripts.
FIXED = {"mfrac", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"}
FUNCTION = "\N{FUNCTION APPLICATION}"  # what KaTeX writes after log, max or softmax
BARS = {"∣", "∥"}
PRIMES = {"′": "′", "′′": "″", "′′′": "‴"}
NO_SPACE_BEFORE = {"", "(", "[", "{", "|", *BARS, ",", ".", ")"}
SIGNS = {"−", "+", "±"}
OPERANDS = {")", "]", "}", "⟩", "|", *BARS, "!", "⋯", "…", FUNCTION}  # they end one


def elements(page: Document | Element, *names: str) -> list[Element]:
    """List the elements of these names; the page may change meanwhile."""
    return [found for name in names for found in page.getElementsByTagName(name)]


def classes(element: Element) -> set[str]:
    """Give the classes of an element."""
    return set(element.getAttribute("class").split())


def text(node: Node) -> str:
    """Give the text of an element and of all that is in it."""
    if node.nodeType == Node.TEXT_NODE:
        return node.data
    return "".join(map(text, node.childNodes))


def remove(element: Element) -> None:
    """Take an element out of its page."""
    element.parentNode.removeChild(element)


def wrap(node: Node, name: str, kind: str = "") -> Element:
    """Put an element of this name and class around a node."""
    box = node.ownerDocument.createElement(name)
    if kind:
        box.setAttribute("class", kind)
    node.parentNode.replaceChild(box, node)
    box.appendChild(node)
    return box


def rename(element: Element, name: str) -> Element:
    """Replace an element by one of another name with the same content."""
    new = wrap(element, name)
    for key, value in element.attributes.items():
        new.setAttribute(key, value)
    for child in list(element.childNodes):
        new.insertBefore(child, element)
    remove(element)
    return new


def tidy(page: Document) -> None:
    """Make a page valid and quiet: no script, no dead control, no id twice."""
    for element in elements(page, "script", "button", "svg"):
        remove(element)
    for formula in elements(page, "math"):
        tidy_formula(formula)
    for table in elements(page, "table"):
        wrap(table, "div", "wide")
    for box in elements(page, "div"):
        tidy_box(box)
    for details in elements(page, "details"):
        if "hide" not in classes(details):
            unfold(details)
    for summary in elements(page, "summary"):
        if summary.hasAttribute("aria-label"):  # says less than the text
            summary.removeAttribute("aria-label")
        for title in elements(summary, "p"):  # one for each state, closed and open
            if "expanded" in classes(title):
                remove(title)
            else:
                rename(title, "span")
    for link in elements(page, "a"):
        link.setAttribute("href", quote(link.getAttribute("href"), safe=ADDRESS))
        if text(link).startswith(" "):  # which would be underlined
            link.firstChild.data = link.firstChild.data.lstrip()
            link.parentNode.insertBefore(page.createTextNode(" "), link)
    seen = set()
    for element in elements(page, "*"):
        if element.getAttribute("role").startswith("doc-biblio"):  # deprecated
            element.removeAttribute("role")
        if element.hasAttribute("id"):
            if element.getAttribute("id") in seen:
                element.removeAttribute("id")
            seen.add(element.getAttribute("id"))


def unfold(details: Element) -> None:
    """Show what a web page folds: searches and voices pass over what is closed."""
    for summary in elements(details, "summary"):
        rename(summary, "p").setAttribute("class", "admonition-title")
    box = rename(details, "div")
    places = {x.getAttribute("id"): x for x in elements(box.ownerDocument, "div")}
    link = next(iter(elements(box, "a")), None)
    if "solution" in classes(box) and link:
        exercise = places[link.getAttribute("href").removeprefix("#")]
        line = exercise.appendChild(box.ownerDocument.createElement("p"))
        there = line.appendChild(box.ownerDocument.createElement("a"))
        there.setAttribute("href", f"#{box.getAttribute('id')}")
        there.appendChild(box.ownerDocument.createTextNode("Solution"))


def tidy_box(box: Element) -> None:
    """Fold what scripts would fold, and mark what is wider than a phone."""
    if {"admonition", "dropdown"} <= classes(box):
        details = rename(box, "details")
        rename(elements(details, "p")[0], "summary")
    elif "viewcode-block" in classes(box):  # a part of the source, inside of <pre>
        rename(box, "span")
    elif "cell_output" in classes(box):
        for pre in elements(box, "pre"):
            if max(map(len, text(pre).splitlines()), default=0) > COLUMNS:
                pre.setAttribute("class", "dense")
    elif "proof" in classes(box) and text(box).strip().startswith("Proof. "):
        first = elements(box, "p")[0].firstChild
        first.splitText(len("Proof."))
        wrap(first, "em")


def tidy_formula(formula: Element) -> None:
    """Give a formula of KaTeX what its style sheet would add, and room to scroll.

    An invisible operator follows a named function, even where an element takes a fixed
    number of children; TeX leaves a thin space between the function and a letter, also
    after a script. Browsers space a sign like a difference, and know the letters of an
    alphabet by their Unicode alone.
    """
    formula.setAttribute("alttext", text(elements(formula, "annotation")[0]).strip())
    for mo in elements(formula, "mo"):
        before, sign = mo.previousSibling, text(mo)
        if sign == FUNCTION:
            place_function(mo)
            if mo.nextSibling and text(mo.nextSibling) not in NO_SPACE_BEFORE:
                mo.setAttribute("rspace", "0.167em")
            space_before_function(mo.previousSibling)
        elif sign in SIGNS and before and before.tagName == "mo":
            if text(before) not in OPERANDS:
                mo.setAttribute("form", "prefix")
        elif (
            sign == "∣" and mo.getAttribute("fence") == "true"
        ):  # grows with what it holds
            mo.firstChild.data = "|"
            mo.setAttribute("stretchy", "true")
            mo.setAttribute("form", "postfix" if before else "prefix")
        elif sign in BARS and mo.getAttribute("stretchy") == "false":  # of a norm
            mo.setAttribute("lspace", "0")
            mo.setAttribute("rspace", "0")
    for power in elements(formula, "msup"):
        prime = power.lastChild
        if text(prime) in PRIMES:  # which fonts have raised already
            letter = formula.ownerDocument.createElement("mi")
            data = formula.ownerDocument.createTextNode(PRIMES[text(prime)])
            letter.appendChild(data)
            power.replaceChild(letter, prime)
            rename(power, "mrow")
    for element in elements(formula, "mi", "mn"):
        variant = element.getAttribute("mathvariant")
        if variant not in ("", "normal"):
            element.removeAttribute("mathvariant")
            letters = (in_alphabet(letter, variant) for letter in text(element))
            element.firstChild.data = "".join(letters)
    if formula.hasAttribute("display"):
        return
    if len(text(formula.firstChild.firstChild)) > LONG:
        formula.parentNode.setAttribute("class", "katex long")
    else:
        keep_together(formula.parentNode.parentNode)


def space_before_function(name: Element | None) -> None:
    """Leave a thin space between a factor and the name of a function."""
    factor = name and name.previousSibling
    if factor and (factor.tagName != "mo" or text(factor) in OPERANDS - {FUNCTION}):
        space = name.ownerDocument.createElement("mspace")
        space.setAttribute("width", "0.167em")
        name.parentNode.insertBefore(space, name)


def place_function(mo: Element) -> None:
    """Let the operator follow the element whose base it ends; drop it in a script."""
    part = mo.parentNode
    if part.tagName in FIXED:
        return remove(mo)
    if mo.nextSibling:
        return None
    while (whole := part.parentNode).tagName in FIXED:
        if part is not whole.firstChild or whole.tagName in ("mfrac", "mroot"):
            return remove(mo)
        part = whole
    if part is not mo.parentNode:
        part.parentNode.insertBefore(mo, part.nextSibling)


def in_alphabet(letter: str, variant: str) -> str:
    """Write a letter or digit in a mathematical alphabet of Unicode: ℝ, 𝟏, 𝖳."""
    name = re.sub("LATIN |GREEK |LETTER ", "", unicodedata.name(letter))
    try:
        return unicodedata.lookup(f"MATHEMATICAL {variant} {name}")
    except KeyError:  # the older letters, ℝ among them
        return unicodedata.lookup(f"{variant} {name}")


def keep_together(formula: Element) -> None:
    """Keep a formula on one line with the bracket before it and the stop after it."""
    before, after = formula.previousSibling, formula.nextSibling
    opens = closes = ""
    if before and before.nodeType == Node.TEXT_NODE:
        opens = re.search(r"[(\[‘“]*$", before.data)[0]
        before.data = before.data.removesuffix(opens)
    if after and after.nodeType == Node.TEXT_NODE:
        closes = re.match(r"[.,;:?)\]’”]*", after.data)[0]
        after.data = after.data.removeprefix(closes)
    if opens or closes:
        box = wrap(formula, "span", "together")
        box.insertBefore(formula.ownerDocument.createTextNode(opens), formula)
        box.appendChild(formula.ownerDocument.createTextNode(closes))
