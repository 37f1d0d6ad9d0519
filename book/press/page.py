"""What a page says of itself, for readers, searches and shared links.

The address of the book and of its repository come from the environment (BOOK_URL, BOOK_REPOSITORY,
BOOK_BRANCH); without them no page pretends to know them.
"""

import math
import os
import re
from pathlib import Path

from docutils import nodes
from markupsafe import Markup
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

from press import edition

WORDS_A_MINUTE = 200
# Laid out as a page opens: parts of its first section, or entries of a glossary.
AT_ONCE, ENTRIES_AT_ONCE = 4, 20


def postpone(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Mark what stands below the first screens, and need not be laid out at once."""
    later = []
    for chapter in doctree.children:
        sections = [x for x in chapter.children if isinstance(x, nodes.section)]
        if sections:
            later += [*sections[0].children[AT_ONCE:], *sections[1:]]
    for glossary in doctree.findall(addnodes.glossary):
        later += [*glossary.findall(nodes.definition)][ENTRIES_AT_ONCE:]
    for part in later:
        part["classes"].append("later")


def describe(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Tell ``page.html`` what a page is about, its edition, and what one may do."""
    config = app.config
    description = (config.page_descriptions | config.made_page_descriptions).get(page)
    if page.startswith("_modules/softmax_lib/"):
        source = page.removeprefix("_modules/")
        description = f"The source of {source}.py, with comments."
        # The extension writes code itself, and needs it bare until now.
        context["body"] = context["body"].replace("<pre>", '<pre tabindex="0">')
    if description is None and doctree:
        raise ConfigError(f"page_descriptions needs an entry for {page}; it has none")
    context["description"] = description
    context["plain_title"] = Markup(context.get("title", config.html_title)).striptags()
    context["base"] = config.html_baseurl
    context["edition"] = f"Edition {config.version}, {edition.day()}"
    notebook = context.get("sourcename", "").endswith(".ipynb")
    if notebook or page == config.root_doc:  # others are made for looking things up
        context["reading_time"] = reading_time(context["body"])
    if notebook:
        context["places"] = places(f"{page}.ipynb", page not in config.not_on_binder)


def reading_time(body: str) -> str:
    """Return the time that a page states, or else count its words."""
    text = Markup(body.replace("<", " <")).striptags()
    if stated := re.search(r"\bTime\s*:\s*(an? \w+|\w+ \w+)", text):
        return stated[1].capitalize()
    minutes = math.ceil(len(text.split()) / WORDS_A_MINUTE)
    return "A minute" if minutes == 1 else f"{minutes} minutes"


def places(notebook: str, on_binder: bool = True) -> dict[str, str]:
    """Return where a notebook can be run or edited: nowhere, if nothing is known."""
    repository = os.environ.get("BOOK_REPOSITORY")
    if not repository:
        return {}
    branch = os.environ.get("BOOK_BRANCH", "main")
    # The workflow that publishes the book makes this branch: see tools/colab.py.
    colab = f"https://colab.research.google.com/github/{repository}/blob/colab"
    binder = f"https://mybinder.org/v2/gh/{repository}/{branch}"
    return {
        "Open in Colab": f"{colab}/{notebook}",
        **({"Open in Binder": f"{binder}?labpath={notebook}"} if on_binder else {}),
        "Edit this page": f"https://github.com/{repository}/edit/{branch}/{notebook}",
    }


def know_the_edition(app: Sphinx, config: Config) -> None:
    """Take the address of the published book from the environment, and its version."""
    base = os.environ.get("BOOK_URL", "")
    config.version = edition.version()  # which Sphinx wants of an e-book
    config.html_baseurl = base if not base or base.endswith("/") else base + "/"


def write_site_map(app: Sphinx) -> None:
    """List the pages for search engines, where the address of the book is known."""
    if base := app.config.html_baseurl:
        about = {"base": base, "pages": sorted(app.env.found_docs)}
        for name in ("sitemap.xml", "robots.txt"):
            Path(app.outdir, name).write_text(app.builder.templates.render(name, about))
