"""What a link leads to, shown beside it: theorems, equations, figures, works and terms.

Within a page ``preview.js`` finds the target itself. Targets on other pages are collected here into
one script, which is loaded when the first of them is wanted: a script, since pages that are opened
from disk may not read other files. They are cut out of finished pages, by regular expressions: what
is shown is what is written there, and pages of source code have no nodes.
"""

import json
import posixpath
import re
from pathlib import Path

from sphinx.application import Sphinx

LINK = re.compile(r'<a class="[^"]*\binternal\b[^"]*" href="([^"#]+\.html)#([^"]+)"')
BEGIN = re.compile(r'<(\w+)[^>]*\bid="([^"]+)"')
SHOWN = ("div", "figure", "dt")


def elements(body: str) -> dict[str, re.Match]:
    """Find where each element with an id begins."""
    return {start[2]: start for start in BEGIN.finditer(body)}


def element(body: str, start: re.Match | None) -> str | None:
    """Cut an element out of a page; of a term, what explains it."""
    if not start or start[1] not in SHOWN:
        return None
    tag, first = start[1], start.start()
    if tag == "dt":
        tag, first = "dd", body.index("<dd", first)
    depth = 0
    for mark in re.compile(rf"<(/?){tag}\b[^>]*>").finditer(body, first):
        depth += -1 if mark[1] else 1
        if not depth:
            return body[first : mark.end()]
    return None


class Previews:
    """The text of all pages, until the last is written."""

    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}

    def remember(self, app: Sphinx, page: str, template: str, context: dict, _) -> None:
        """Keep the text of a page."""
        self.bodies[page] = context.get("body", "")

    def write(self, app: Sphinx) -> None:
        """Write the targets of links between pages."""
        found = {}
        begun = {page: elements(body) for page, body in self.bodies.items()}
        for page, body in sorted(self.bodies.items()):
            for address, name in sorted(set(LINK.findall(body))):
                target = posixpath.join(posixpath.dirname(page), address)
                target = posixpath.normpath(target).removesuffix(".html")
                begin = begun.get(target, {}).get(name)
                if text := element(self.bodies.get(target, ""), begin):
                    found[f"{target}.html#{name}"] = text
        script = f"window.bookPreviews = {json.dumps(found, ensure_ascii=False)};\n"
        Path(app.outdir, "_static", "previews.js").write_text(script)
