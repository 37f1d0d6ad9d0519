"""Draw the cover of the e-book: book/_epub/cover.png. Run it with PYTHONPATH=book.

Each line is one vector of scores whose temperature falls: the probabilities of three
classes leave the middle of the triangle and end in the corner of the largest score.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import yaml
from figures import COLOR_P, COLOR_Z, simplex_xy
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image

from softmax_lib import softmax

PIXELS = (1600, 2560)  # what shops of electronic books ask for
DPI = 200
PALE = "#f3dfc8"
ROOT = Path(__file__).parent.parent


def draw(path: Path, title: str, subtitle: str, author: str) -> None:
    """Write the cover as a PNG file."""
    style = {"font.family": "STIXGeneral", "mathtext.fontset": "stix", "text.color": "white"}
    with plt.rc_context(style):
        page = plt.figure(
            figsize=[side / DPI for side in PIXELS], facecolor=COLOR_Z, dpi=DPI, layout="none"
        )
        page.text(0.09, 0.88, title, fontsize=74)
        page.text(0.092, 0.845, subtitle, fontsize=29, color=PALE)
        formula = r"$p_k=\dfrac{e^{z_k}}{\sum_j e^{z_j}}$"
        page.text(0.5, 0.185, formula, fontsize=38, ha="center")
        page.text(0.09, 0.06, author, fontsize=19)
        ax = page.add_axes([0.05, 0.27, 0.9, 0.53])
        ax.set_axis_off()
        ax.set_aspect("equal")
        ax.plot(*simplex_xy(np.eye(3)[[0, 1, 2, 0]]).T, color=PALE, linewidth=1)
        # Scores on a circle, none on an axis of symmetry, where two classes tie.
        angles = np.arange(1.5, 360, 3)[:, None] - [210, 330, 90]
        sharpness = np.linspace(0, 1, 400)[:, None, None] ** 3 * 120
        p = softmax(sharpness * np.cos(np.radians(angles))).swapaxes(0, 1)
        colors = LinearSegmentedColormap.from_list("certainty", [PALE, COLOR_P])
        for line, certainty in zip(simplex_xy(p), p.max(axis=-1), strict=True):
            pieces = np.stack([line[:-1], line[1:]], axis=1)
            curve = LineCollection(pieces, cmap=colors, linewidths=1.3)
            curve.set_array(certainty[1:])
            ax.add_collection(curve)
        ax.margins(0.04)
        page.canvas.draw()
        image = Image.fromarray(np.asarray(page.canvas.buffer_rgba())).convert("RGB")
        plt.close(page)
    # So few tones need no more colours, and the file is a quarter as large.
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Draw it with the names that the configuration gives."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title, _, subtitle = config["title"].partition(": ")
    place = ROOT / "book" / "_epub" / "cover.png"
    draw(place, title, subtitle, config["author"])
    print(f"Written to {place}")


if __name__ == "__main__":
    main()
