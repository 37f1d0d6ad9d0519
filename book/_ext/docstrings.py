"""The library's docstrings on their page: sections become fields, and entries items.

No extension reads this format: Napoleon takes what follows the colon for a type, and
ends it with the line.
"""

import re
import textwrap

from sphinx.application import Sphinx

SECTION = re.compile(r"(?ms)^(\w+)\n-+\n(.*?)(?=\n\n\w+\n-+\n|\n\n>>> |\Z)")
ENTRY = re.compile(r"(?m)^(\w[\w, ]*) : (.*(?:\n +.*)*)")


def as_fields(docstring: str) -> str:
    """Write the sections of a docstring as fields, and their entries as lists."""

    def field(section: re.Match) -> str:
        return f":{section[1]}:\n{textwrap.indent(ENTRY.sub(item, section[2]), '    ')}"

    def item(entry: re.Match) -> str:
        return f"* **{entry[1]}** – {' '.join(entry[2].split())}"

    return SECTION.sub(field, docstring)


def rewrite(app: Sphinx, what, name, obj, options, lines: list[str]) -> None:
    """Replace the lines of a docstring by those of its fields."""
    lines[:] = as_fields("\n".join(lines)).splitlines()


def setup(app: Sphinx) -> dict:
    """Connect to the reading of docstrings."""
    app.connect("autodoc-process-docstring", rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
