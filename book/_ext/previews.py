"""What a link leads to, shown beside it: theorems, equations, figures, works and terms.

Within a page ``preview.js`` finds the target itself. Targets on other pages are
collected here into one script, which is loaded when the first of them is wanted: a
script, since pages that are opened from disk may not read other files.
"""

import json
import posixpath
import re
from pathlib import Path

from sphinx.application import Sphinx

LINK = re.compile(r'<a class="[^"]*\binternal\b[^"]*" href="([^"#]+\.html)#([^"]+)"')
SHOWN = ("div", "figure", "dt")


def remember(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Keep the text of a page until all are written."""
    if "body" in context:
        app.bodies[page] = context["body"]


def element(body: str, name: str) -> str | None:
    """Cut the element with an id out of a page; of a term, what explains it."""
    start = re.search(rf'<(\w+)[^>]*\bid="{re.escape(name)}"', body)
    if not start or start[1] not in SHOWN:
        return None
    tag, first = start[1], start.start()
    if tag == "dt":
        tag, first = "dd", body.index("<dd", first)
    depth = 0
    for mark in re.finditer(rf"<(/?){tag}\b[^>]*>", body[first:]):
        depth += -1 if mark[1] else 1
        if not depth:
            return body[first : first + mark.end()]
    return None


def collect(app: Sphinx, exception: Exception | None) -> None:
    """Write the targets of links between pages."""
    if exception or app.builder.name != "html":
        return
    found = {}
    for page, body in sorted(app.bodies.items()):
        for address, name in sorted(set(LINK.findall(body))):
            target = posixpath.join(posixpath.dirname(page), address)
            target = posixpath.normpath(target).removesuffix(".html")
            if text := element(app.bodies.get(target, ""), name):
                found[f"{target}.html#{name}"] = text
    script = f"window.bookPreviews = {json.dumps(found, ensure_ascii=False)};\n"
    Path(app.outdir, "_static", "previews.js").write_text(script)


def setup(app: Sphinx) -> dict:
    """Collect previews after all pages are written."""
    app.bodies = {}
    app.add_js_file("preview.js", defer="defer")
    app.connect("html-page-context", remember, priority=960)
    app.connect("build-finished", collect)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
