"""What a page loads: one style sheet, and one script that waits for the page.

A page is made for a phone on a slow net: what it does not need it does not load.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

# Parts of the theme and of extensions that the pages do not use. ``page.js`` does what
# furo.js does, without laying out every section and without messages to the console.
UNUSED = ("sphinx-design", "design-tabs", "furo.js")
# Colours for what terminals print: the book shows none, and they fill a style sheet.
TERMINAL = re.compile(r"[^{}]*\.-Color\b[^{}]*\{[^{}]*\}")


class Assets:
    """The style sheets and the scripts that all pages share."""

    def __init__(self) -> None:
        self.files: dict[str, list[str]] = {"css_files": [], "script_files": []}

    def replace(self, app: Sphinx, page: str, template: str, context: dict, _) -> None:
        """Name the one that stands for all; ``page.html`` loads the script."""
        for kind in self.files:
            names = [str(asset.filename) for asset in context[kind]]
            self.files[kind] = [x for x in names if not any(u in x for u in UNUSED)]
        context["css_files"], context["script_files"] = ["_static/all.css"], []

    def join(self, app: Sphinx) -> None:
        """Join the files, when the theme has written those for code."""
        rules = []
        for name in self.files["css_files"]:
            folder = Path(name).parent.relative_to("_static").as_posix()
            text = TERMINAL.sub("", Path(app.outdir, name).read_text())
            rules.append(re.sub(r"url\((?=fonts/)", f"url({folder}/", text))
        Path(app.outdir, "_static/all.css").write_text("\n".join(rules))
        names = self.files["script_files"]
        scripts = [Path(app.outdir, name).read_text() for name in names]
        Path(app.outdir, "_static/all.js").write_text(";\n".join(scripts))
