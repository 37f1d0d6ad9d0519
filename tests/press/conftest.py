"""A page of a few lines, written as the book's builders write theirs."""

import warnings
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from docutils.io import StringOutput
from press.contents import BOOK

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sphinx.testing.util import SphinxTestApp

CONFIG = {
    "extensions": [
        "myst_nb",
        "sphinx_design",
        "sphinx_exercise",
        "sphinx_proof",
        "sphinxcontrib.bibtex",
        "sphinxcontrib.katex",
        "press",
    ],
    "bibtex_bibfiles": ["works.bib"],
    "html_math_renderer": "mended",
    "html_theme": "furo",
    "katex_css_path": "katex/katex.min.css",
    "katex_prerender": True,
    "master_doc": "index",
    "myst_enable_extensions": ["amsmath", "colon_fence", "dollarmath"],
    "numfig": True,
    "templates_path": [str(BOOK / "_templates")],
    "page_descriptions": {"index": "A page.", "other": "Another."},
}
WORK = "@misc{a, author = {Ann Author}, title = {A Title}, year = 2000}"


@pytest.fixture
def written(tmp_path) -> Callable[..., BeautifulSoup]:
    """Return what writes a page for a builder, from its source and those of other pages."""
    apps = []

    def write(builder: str, source: str, **others: str) -> BeautifulSoup:
        (tmp_path / "conf.py").touch()
        (tmp_path / "works.bib").write_text(WORK)
        for name, text in {"index": source, **others}.items():
            (tmp_path / f"{name}.md").write_text(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what other packages deprecate
            app = SphinxTestApp(builder, tmp_path, confoverrides=CONFIG)
            apps.append(app)
            read = app.builder.read()
            list(app.env.check_dependents(app, read))  # numbers what is numbered
            app.builder.current_docname = "index"
            app.builder.imgpath = "_images"
            app.builder.secnumbers = app.env.toc_secnumbers.get("index", {})
            app.builder.fignumbers = app.env.toc_fignumbers.get("index", {})
            page = app.env.get_and_resolve_doctree("index", app.builder)
            app.builder.prepare_writing({"index"})
            page.settings = app.builder.docsettings
            app.builder.docwriter.write(page, StringOutput(encoding="utf-8"))
            app.builder.docwriter.assemble_parts()
            html = app.builder.docwriter.parts["fragment"]
        return BeautifulSoup(html, "html.parser")

    yield write
    for app in apps:
        app.cleanup()
