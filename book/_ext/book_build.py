"""What Sphinx needs to be told that no setting says."""

import socket
import time
from pathlib import Path
from subprocess import PIPE, Popen

from sphinx.application import Sphinx
from sphinxcontrib.katex import KaTeXServer

KATEX_PATIENCE = 60  # seconds


def start_katex(rundir: Path, _timeout: float) -> tuple[Popen, socket.socket]:
    """Start the KaTeX server and connect to it as soon as it listens.

    The extension's own function connects as soon as the socket exists, which on a busy
    machine is before the server listens: the connection is refused and the build fails.
    """
    address = rundir / "katex.sock"
    command = KaTeXServer.build_command(socket=address)
    process = Popen(command, stdin=PIPE, stdout=PIPE, cwd=rundir)
    give_up = time.monotonic() + KATEX_PATIENCE
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(address))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > give_up:
                process.kill()
                raise
            time.sleep(0.01)


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
    KaTeXServer.start_server_process = start_katex
    app.connect("builder-inited", choose_dark_code_style, priority=100)
    app.connect("html-page-context", drop_stock_theme_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
