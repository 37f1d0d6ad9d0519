"""What makes pages, e-book and print of the notebooks.

Faults of Sphinx, of its extensions and of KaTeX are mended once, in nodes and as these are written
(`mends`, `folding`, `formulas`, `writing`); three builders share what comes of it: `page` and its
neighbours for browsers, `epub`, `paper`. They may also share one reading of the sources.
CONTRIBUTING says whose faults these are.
"""

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict:
    """Set all parts up. Pages are written one after another: some leave marks."""
    app.setup_extension("press.extension")  # apart from here: `contents` needs nothing of it
    return {"parallel_read_safe": True, "parallel_write_safe": False}
