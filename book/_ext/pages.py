"""What a page loads and says of itself: one style sheet, one script, sized pictures.

A page is made for a phone on a slow net: what it does not need it does not load,
nothing moves when pictures arrive, and what is out of sight is not laid out (see
``book.css``). The address of the book and of its repository come from the environment
(BOOK_URL, BOOK_REPOSITORY, BOOK_BRANCH); without them no page pretends to know them.
"""

import math
import os
import re
from html import escape, unescape
from pathlib import Path

import edition
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html._assets import _JavaScript as JavaScript
from sphinx.config import Config
from sphinx.errors import ConfigError

STYLE_SHEET = "_static/all.css"
SCRIPT = "_static/all.js"
# Parts of themes and extensions that the pages do not use. ``page.js`` does what
# furo.js does, without laying out every section and without messages to the console.
UNUSED = ("sphinx-book-theme", "thebe", "togglebutton", "sphinx-design", "design-tabs")
UNUSED += ("furo.js", "togglehint", "toggleopen")
# Colours for what terminals print: the book shows none, and they fill a style sheet.
TERMINAL = re.compile(r"[^{}]*\.-Color\b[^{}]*\{[^{}]*\}")

PICTURE = re.compile(r'<img (?=[^>]*\bsrc="[^"]*_images/([^"/]+\.svg)")')
SIZE = re.compile(r'<svg[^>]* width="([\d.]+)(pt)?" height="([\d.]+)')
# Logits, probabilities and targets have their colour in formulas as in figures.
LETTER = re.compile(
    r'<span class="mord mathnormal(?=(?:"| mtight")[^>]*>([zpy])</span>)'
)
# The sign of an applied function, as a third child of a script, where there is none.
NO_FUNCTION = re.compile(
    r"(<m(?:sub|sup)>(?:<m[in]>[^<]*</m[in]>){2})<mo>\u2061</mo>(?=</m(?:sub|sup)>)"
)
# Names, signs and spaces of code, coloured as all code is: up to a third of a page's
# elements in places.
PLAIN = re.compile(r'<span class="[npw]">([^<]*)</span>')
# Code that a narrow screen cuts off, which must be in reach of the keyboard to scroll.
CODE = re.compile(r"<pre>(?=(.*?)</pre>)", re.DOTALL)
NARROW = 40  # letters
TABLE = re.compile(r'(<div class="table-wrapper[^"]*")')
# What would start a kernel on another server.
KERNEL = re.compile(
    r'()<script type="text/x-thebe-config">.*?</script>\s*'
    r"<script>kernelName = [^<]*</script>",
    re.DOTALL,
)
# A box around an equation, which has the id of the equation itself.
EQUATION_BOX = re.compile(r'(<div class="math-wrapper docutils container") id="[^"]*"')
# Parts of proofs and exercises, which have the same id in each.
INNER = re.compile(r'(<(?:div|section)[^>]*) id="(?:proof|[a-z]+-content)"')
# Roles of a bibliography that are given up by now, and a heading of nothing.
OLD_ROLE = re.compile(r'(<div[^>]*) role="(?:doc-biblioentry|list)"')
NO_HEADING = re.compile(r'<th class="head[^"]*">(?:<p>\s*</p>)?</th>')
# Not headings, whatever their role says; and a label that hides what it labels.
CAPTION_ROLE = re.compile(r'(<p class="caption") role="heading"')
SUMMARY_LABEL = re.compile(r'(<summary) aria-label="Toggle hidden content"')

WORDS_A_MINUTE = 200
# Laid out as a page opens: parts of its first section, or entries of a glossary.
AT_ONCE, ENTRIES_AT_ONCE = 4, 20

# Put beside the pages where the book is published.
DOWNLOADS = (
    ("PDF", "softmax.pdf"),
    ("ePub", "softmax.epub"),
    ("All pages", "softmax-html.zip"),
)

# What the pages are about that are made, not written.
MADE = {
    "404": "There is no page of the book at this address.",
    "_modules/index": "The modules of softmax_lib, with their source.",
    "genindex": "Where the book explains each term and states each theorem.",
    "prf-prf": "The definitions and theorems of the book, in one list.",
    "py-modindex": "The modules of softmax_lib, and where the book explains them.",
    "search": "Look for a term, a function or any word in all pages of the book.",
}

CARD = "The title of the book beside three bars of 1/8, 2/8 and 5/8."
SITE_MAP = """<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}</urlset>
"""


def is_used(asset: object) -> bool:
    """Tell whether a page needs a style sheet or a script."""
    name = f"{asset.filename} {asset.attributes}".lower()
    return not any(unused in name for unused in UNUSED)


def postpone(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Mark what stands below the first screens, and need not be laid out at once."""
    if app.builder.name != "html":
        return
    later = []
    for chapter in doctree.children:
        sections = [x for x in chapter.children if isinstance(x, nodes.section)]
        if sections:
            later += [*sections[0].children[AT_ONCE:], *sections[1:]]
    for glossary in doctree.findall(addnodes.glossary):
        later += [*glossary.findall(nodes.definition)][ENTRIES_AT_ONCE:]
    for part in later:
        part["classes"].append("later")


def lighten(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load one style sheet, and one script that waits for the page."""
    app.sheets = [x.filename for x in context["css_files"] if is_used(x)]
    context["css_files"] = [STYLE_SHEET]
    scripts = [x for x in context["script_files"] if is_used(x)]
    app.scripts = [x.filename for x in scripts if x.filename]
    # Pages that are not documents have scripts of their own, which need this one.
    when = {"defer": "defer"} if doctree else {}
    joined = JavaScript(SCRIPT, priority=500, **when)
    context["script_files"] = [joined, *(x for x in scripts if not x.filename)]


def join(app: Sphinx, exception: Exception | None) -> None:
    """Join style sheets and scripts, when the theme has written those for code."""
    if exception or not hasattr(app, "sheets"):
        return
    rules = []
    for name in app.sheets:
        folder = Path(name).parent.relative_to("_static").as_posix()
        text = TERMINAL.sub("", Path(app.outdir, name).read_text())
        rules.append(re.sub(r"url\((?=fonts/)", f"url({folder}/", text))
    Path(app.outdir, STYLE_SHEET).write_text("\n".join(rules))
    scripts = [Path(app.outdir, name).read_text() for name in app.scripts]
    Path(app.outdir, SCRIPT).write_text(";\n".join(scripts))


def refine(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Size the pictures, colour the letters, and mend labels."""
    navigation = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = CAPTION_ROLE.sub(r"\1", navigation)
    if "body" not in context:
        return
    files = {name: Path(app.srcdir, x) for x, name in app.builder.images.items()}
    body = PICTURE.sub(lambda img: sized(img[0], files[img[1]]), context["body"])
    body = LETTER.sub(r'<span class="mord mathnormal letter-\1', body)
    for pattern in (PLAIN, NO_FUNCTION, EQUATION_BOX, INNER, OLD_ROLE, SUMMARY_LABEL):
        body = pattern.sub(r"\1", body)
    body = KERNEL.sub(r"\1", body)
    body = NO_HEADING.sub("<td></td>", body)
    body = TABLE.sub(r'\1 tabindex="0"', body)
    context["body"] = CODE.sub(within_reach, body)


def within_reach(code: re.Match) -> str:
    """Let code that may have to scroll take the focus."""
    lines = unescape(re.sub(r"<[^>]+>", "", code[1])).splitlines()
    wide = any(len(line) > NARROW for line in lines)
    return '<pre tabindex="0">' if wide else code[0]


def sized(img: str, drawing: Path) -> str:
    """Give a picture the pixels that it will take, and let it load when in sight."""
    width, points, height = SIZE.search(drawing.read_text()[:2000]).groups()
    scale = 4 / 3 if points else 1
    width, height = (round(float(x) * scale) for x in (width, height))
    return f'{img}width="{width}" height="{height}" loading="lazy" decoding="async" '


def describe(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Say in the head of a page what it is about, for searches and shared links."""
    description = (app.config.page_descriptions | MADE).get(page)
    if page.startswith("_modules/softmax_lib/"):
        source = page.removeprefix("_modules/")
        description = f"The source of {source}.py, with comments."
    if description is None and doctree:
        raise ConfigError(f"page_descriptions needs an entry for {page}; it has none")
    if description is None:
        return  # the door, which leads on at once
    title = re.sub(r"<[^>]+>", "", context.get("title", app.config.html_title))
    tags = {"og:type": "article", "og:title": title, "og:description": description}
    tags["og:site_name"] = app.config.html_title
    if base := app.config.html_baseurl:
        tags["og:url"] = f"{base}{page}.html"
        tags |= {"og:image": f"{base}_static/card.png", "og:image:alt": CARD}
    lines = [f'<meta name="description" content="{escape(description)}">']
    lines += [f'<meta property="{k}" content="{escape(v)}">' for k, v in tags.items()]
    lines += ['<meta name="twitter:card" content="summary_large_image">']
    context["metatags"] = context.get("metatags", "") + "\n".join(lines)


def offer(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Say how long a page takes; offer its notebook, and places to run it if known."""
    source = context.get("sourcename", "")
    notebook = source.endswith(".ipynb")
    if not notebook and page != app.config.root_doc:
        return  # made for looking things up
    row = [f"<span>{reading_time(context['body'])} to read</span>"]
    if notebook:
        address = escape(context["pathto"](f"_sources/{source}", 1))
        row.append(f'<a href="{address}" download>Download this notebook</a>')
        on_binder = page not in app.config.not_on_binder
        for name, address in places(f"{page}.ipynb", on_binder).items():
            row.append(f'<a href="{escape(address)}">{name}</a>')
    line = f'</h1>\n<p class="page-links">{"".join(row)}</p>'
    context["body"] = context["body"].replace("</h1>", line, 1)


def reading_time(body: str) -> str:
    """Return the time that a page states, or else count its words."""
    text = re.sub(r"<[^>]+>", " ", body)
    if stated := re.search(r"\bTime\s*:\s*(an? \w+|\w+ \w+)", text):
        return stated[1].capitalize()
    minutes = math.ceil(len(text.split()) / WORDS_A_MINUTE)
    return "A minute" if minutes == 1 else f"{minutes} minutes"


def stamp(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Say which edition this is, and what else it comes as where it is published."""
    context["downloads"] = DOWNLOADS if app.config.html_baseurl else ()
    context["edition"] = f"Edition {edition.version()}, {edition.day()}"


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


def know_the_address(app: Sphinx, config: Config) -> None:
    """Take the address of the published book from the environment, if it is there."""
    base = os.environ.get("BOOK_URL", "")
    config.html_baseurl = base if not base or base.endswith("/") else base + "/"


def write_site_map(app: Sphinx, exception: Exception | None) -> None:
    """List the pages for search engines, where the address of the book is known."""
    base = app.config.html_baseurl
    if exception or not base or app.builder.name != "html":
        return
    pages = sorted(app.env.found_docs)
    entries = (f"<url><loc>{base}{page}.html</loc></url>\n" for page in pages)
    Path(app.outdir, "sitemap.xml").write_text(SITE_MAP.format("".join(entries)))
    robots = f"User-agent: *\nSitemap: {base}sitemap.xml\n"
    Path(app.outdir, "robots.txt").write_text(robots)


def setup(app: Sphinx) -> dict:
    """Connect all of it to the build."""
    app.add_config_value("page_descriptions", {}, "html")
    app.add_config_value("not_on_binder", [], "html")
    app.add_js_file("page.js")
    app.connect("config-inited", know_the_address)
    for step in (describe, offer, stamp, lighten, refine):
        app.connect("html-page-context", step, priority=950)
    app.connect("doctree-resolved", postpone)
    app.connect("build-finished", join, priority=900)
    app.connect("build-finished", write_site_map)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
