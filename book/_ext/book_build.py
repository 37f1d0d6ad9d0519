"""What Sphinx needs to be told that no setting says."""

from sphinx.application import Sphinx
from sphinxcontrib.katex import KaTeXServer

KATEX_STARTS = 20


def start_katex_patiently(start=KaTeXServer.start) -> KaTeXServer:
    """Start the KaTeX server, again if need be.

    The extension connects as soon as the socket exists, which on a busy machine is
    before the server listens; the connection is then refused.
    """
    for _ in range(KATEX_STARTS - 1):
        try:
            return start()
        except ConnectionRefusedError:
            continue
    return start()


def drop_stock_theme_scripts(app: Sphinx, page, template, context, doctree) -> None:
    """Leave out the scripts of Jupyter Book's own theme: this theme lacks the files."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "sphinx-book-theme" not in (script.filename or "")
    ]


def choose_dark_code_style(app: Sphinx) -> None:
    """Colour dark code: the theme adds this setting after the configuration is read."""
    app.config.pygments_dark_style = "a11y-high-contrast-dark"


def setup(app: Sphinx) -> dict:
    """Connect all three to the build."""
    KaTeXServer.start = start_katex_patiently
    app.connect("builder-inited", choose_dark_code_style, priority=100)
    app.connect("html-page-context", drop_stock_theme_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
