"""What Sphinx needs to be told that no setting says."""

import sphinxcontrib.katex as katex
from sphinx.application import Sphinx


def start_katex_patiently() -> None:
    """Let the build wait for the KaTeX server.

    By default it connects as soon as the server's socket exists, which on a busy
    machine is before the server listens: the connection is refused and the build
    fails. The way kept for Windows, a local port, tries again until it is served.
    """
    katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket
    katex.STARTUP_TIMEOUT = 60


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
    start_katex_patiently()
    app.connect("builder-inited", choose_dark_code_style, priority=100)
    app.connect("html-page-context", drop_stock_theme_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
