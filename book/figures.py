"""The look of every figure in the book, and the drawings that chapters share.

Importing this module sets the style: SVG output that is the same on every run, a
transparent background, text large enough for a phone. One colour has one meaning
throughout: dark blue for logits z, orange for probabilities p, light green for
targets y; three other colours, each with its own line style and marker, tell classes
apart. The lightnesses differ, so that all of it survives in grey.
"""

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib_inline.backend_inline import set_matplotlib_formats
from numpy.typing import ArrayLike

COLOR_Z = "#1b3f77"
COLOR_P = "#d9660b"
COLOR_Y = "#6cc3a0"
COLOR_GREY = "#7a7a7a"
CLASS_COLORS = ("#4b1f78", "#c8457c", "#c98a1a", "#3f8f9b")
CLASS_STYLES = ("-", "--", "-.", ":")
CLASS_MARKERS = ("o", "s", "^", "D")

WIDTH = 5.2  # inches: a phone shows it at two thirds, and 10 point stays legible

plt.rcParams.update(
    {
        "figure.figsize": (WIDTH, 3.0),
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "lines.linewidth": 2,
        "legend.frameon": False,
        "svg.hashsalt": "softmax",  # fixed ids: the same drawing, the same file
    }
)
if get_ipython() is not None:
    set_matplotlib_formats("svg", metadata={"Date": None})


def bars(
    ax: Axes,
    values: ArrayLike,
    labels: list[str],
    color: str,
    number: str = "{:.3f}",
) -> None:
    """Draw one labelled bar a class, each with its number at its end."""
    drawn = ax.bar(labels, values, color=color, width=0.65)
    ax.bar_label(drawn, [number.format(v) for v in values], padding=2)
    ax.axhline(0, color=COLOR_GREY, linewidth=0.8)
    ax.margins(y=0.25)


def simplex_xy(p: ArrayLike) -> np.ndarray:
    """Place distributions over three classes in the plane: shape (..., 3) to (..., 2).

    The corners of the triangle, one for each certain class, are left, right and top.
    """
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    return np.asarray(p) @ corners


def simplex(ax: Axes, labels: list[str]) -> None:
    """Draw the triangle of all distributions over three classes, corners labelled."""
    outline = simplex_xy(np.eye(3)[[0, 1, 2, 0]])
    ax.plot(*outline.T, color=COLOR_GREY, linewidth=1.2)
    ax.plot(*simplex_xy([1 / 3, 1 / 3, 1 / 3]), "+", color=COLOR_GREY, markersize=9)
    places = [("right", "top"), ("left", "top"), ("center", "bottom")]
    for corner, label, (ha, va) in zip(outline[:3], labels, places, strict=True):
        offset = (0, 5 if va == "bottom" else -5)
        ax.annotate(label, corner, offset, textcoords="offset points", ha=ha, va=va)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.margins(0.12)
