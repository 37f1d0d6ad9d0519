"""Draw the picture that stands for the book where its address is shared: book/_static/card.png."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from softmax_lib import softmax

BLUE, ORANGE, PAPER = "#1b3f77", "#d9660b", "#fffdf8"


def main() -> None:
    """Draw the title above the softmax of the logarithms of 1, 2 and 5."""
    p = softmax(np.log([1, 2, 5]))
    fig = plt.figure(figsize=(12, 6.3), dpi=100, facecolor=PAPER)
    style = {"color": BLUE, "family": "serif", "va": "top"}
    fig.text(0.07, 0.86, "Softmax", fontsize=72, weight="bold", **style)
    fig.text(0.07, 0.63, "one function, understood", fontsize=40, **style)
    fig.text(
        0.07,
        0.4,
        r"$p_i=\dfrac{e^{z_i}}{\sum_k e^{z_k}}$",
        fontsize=40,
        math_fontfamily="cm",
        **style,
    )
    ax = fig.add_axes((0.66, 0.12, 0.28, 0.72))
    ax.bar(range(3), p, color=ORANGE, width=0.7)
    for i, name in enumerate(("1/8", "2/8", "5/8")):
        ax.text(i, p[i] + 0.01, name, ha="center", fontsize=28, color=BLUE)
    ax.axhline(0, color=BLUE, linewidth=3)
    ax.set_axis_off()
    place = Path(__file__).parent.parent / "book" / "_static" / "card.png"
    fig.savefig(place, metadata={"Software": None})
    print(f"Written to {place}")


if __name__ == "__main__":
    main()
