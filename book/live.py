"""Figures that the reader moves, computed where they are seen: no kernel, no server.

A figure is a Vega-Lite chart made with Altair, sliders, and definitions that follow
them, written in Vega's expression language. JupyterLab draws it from the cell's output;
the book draws it in the reader's browser, and in print as the sliders stand at first.
Colours keep their meaning from `figures`.
"""

import sys
from collections.abc import Sequence

import altair as alt
import numpy as np
from altair.utils.mimebundle import spec_to_mimebundle
from IPython.display import display
from numpy.typing import ArrayLike

from figures import COLOR_GREY, COLOR_P, COLOR_Y, COLOR_Z, simplex_xy

MIME = "application/vnd.vegalite.v5+json"  # the version that JupyterLab 4 draws
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.20.1.json"
SCRIPTS = {
    "mode": "vega-lite",
    "vega_version": alt.VEGA_VERSION,
    "vegalite_version": alt.VEGALITE_VERSION,
    "vegaembed_version": alt.VEGAEMBED_VERSION,
}
WIDTH = 370  # pixels of a panel: with its axis it fits a phone almost unscaled

TEXT = {"font": "sans-serif", "fontSize": 14, "color": "black"}
AXIS = {
    "grid": False,
    "labelFontSize": 14,
    "titleFontSize": 14,
    "titleFontWeight": "normal",
    "labelFont": "sans-serif",
    "titleFont": "sans-serif",
    "labelColor": "black",
    "titleColor": "black",
    "domainColor": COLOR_GREY,
    "tickColor": COLOR_GREY,
}
CONFIG = {
    "background": None,
    "view": {"stroke": None},
    "axis": AXIS,
    "axisX": {"labelAngle": 0},
    "axisY": {"minExtent": 36, "maxExtent": 36},  # panels stay in line as numbers grow
    "header": {"labelFontSize": 14, "labelFont": "sans-serif", "labelColor": "black"}
    | {"labelFontWeight": "normal"},
    "headerRow": {"labelAngle": 0, "labelAlign": "left"},
    "facet": {"spacing": 12},
    "text": TEXT,
    "title": {"anchor": "start", "fontSize": 14, "fontWeight": "normal"}
    | {"font": "sans-serif", "color": "black"},
}


def slider(
    name: str, label: str, value: float, low: float, high: float, step: float = 0.1
) -> alt.Parameter:
    """Return a number that the reader moves, called `name` in expressions."""
    bind = alt.binding_range(min=low, max=high, step=step, name=label)
    return alt.param(name=name, value=value, bind=bind)


def sliders(
    name: str, labels: Sequence[str], values: Sequence[float], low: float, high: float
) -> list[alt.Parameter]:
    """Return one slider a class, and the list of their values under `name`."""
    each = [
        slider(f"{name}_{k}", label, value, low, high)
        for k, (label, value) in enumerate(zip(labels, values, strict=True))
    ]
    return [*each, let(name, [one.name for one in each])]


def stops(
    name: str, label: str, values: Sequence[float], value: float
) -> list[alt.Parameter]:
    """Return a slider that stops at chosen values alone, wherever they lie."""
    places = list(values)
    at = slider(f"{name}_stop", label, places.index(value), 0, len(places) - 1, 1)
    chosen = let(name, f"{name}_stops[{name}_stop]")
    return [at, alt.param(name=f"{name}_stops", value=places), chosen]


def let(name: str, expression: str | Sequence[str]) -> alt.Parameter:
    """Give a name to an expression, or to a list of them, that follows the sliders."""
    if not isinstance(expression, str):
        expression = f"[{', '.join(expression)}]"
    return alt.param(name=name, expr=expression)


def softmax(z: str, classes: int, name: str = "p") -> list[alt.Parameter]:
    """Define the softmax of the list `z`, its maximum subtracted as on any computer."""
    logits = [f"{z}[{k}]" for k in range(classes)]
    exponentials = [f"exp({logit} - {name}_m)" for logit in logits]
    return [
        let(f"{name}_m", f"max({', '.join(logits)})"),
        let(f"{name}_s", " + ".join(exponentials)),
        let(name, [f"{e} / {name}_s" for e in exponentials]),
    ]


def dot(left: str, right: str, classes: int) -> str:
    """Return the expression of the sum of the products of two lists."""
    return " + ".join(f"{left}[{k}] * {right}[{k}]" for k in range(classes))


def numbers(name: str, labels: Sequence[str], form: str = ".3f") -> str:
    """Return an expression that reads the list `name` out, each number by its label."""
    parts = [
        f"'{label} ' + format({name}[{k}], '{form}')" for k, label in enumerate(labels)
    ]
    return " + ', ' + ".join(parts)


def text(expression: str) -> alt.TitleParams:
    """Return a title whose text follows the sliders."""
    return alt.TitleParams(alt.expr(expression))


def panel(
    name: str,
    labels: Sequence[str],
    domain: tuple[float, float],
    ticks: Sequence[float],
    title: str,
    height: int = 120,
) -> alt.Chart:
    """Lay out the list `name`, one place a class, for a mark to be chosen."""
    rows = [{"k": k, "class": label} for k, label in enumerate(labels)]
    x = alt.X("class:N", sort=None, title=None).scale(padding=0.2)
    y = alt.Y("value:Q", title=title).scale(domain=domain, nice=False)
    return (
        alt.Chart(alt.InlineData(values=rows), width=WIDTH, height=height)
        .transform_calculate(value=f"{name}[datum.k]")
        .encode(x=x.axis(domain=False, ticks=False), y=y.axis(values=ticks))
    )


def bars(
    name: str,
    labels: Sequence[str],
    color: str,
    *layout,
    form: str = ".3f",
    above: str = "",
    **more,
) -> alt.LayerChart:
    """Draw the list `name` in a `panel` as bars, each with its number at its end.

    If `above` names another list, no number lies below its entry.
    """
    base = panel(name, labels, *layout, **more)
    zero = alt.Chart().mark_rule(color=COLOR_GREY).encode(y=alt.datum(0))
    over = alt.expr("datum.value < -0.0005 ? 11 : -9")  # below a bar that hangs
    number = base.mark_text(dy=over).encode(text=alt.Text("value:Q", format=form))
    if above:
        number = number.transform_calculate(top=f"max(datum.value, {above}[datum.k])")
        number = number.encode(y=alt.Y("top:Q", title=None))
    return alt.layer(base.mark_bar(color=color, clip=True), number, zero)


def gradient(name: str, labels: Sequence[str], title: str) -> alt.LayerChart:
    """Draw a gradient with entries between -1 and 1, below a title."""
    drawn = bars(name, labels, COLOR_GREY, (-1.5, 1.5), [-1, 0, 1], "gradient")
    return drawn.properties(title=text(title))


def logits(name: str, labels: Sequence[str], limit: float) -> alt.LayerChart:
    """Draw logits between minus and plus `limit`."""
    room = 1.4 * limit  # for the numbers
    ticks = [-limit, 0, limit]
    return bars(name, labels, COLOR_Z, (-room, room), ticks, "logit z", form=".1f")


def probabilities(
    name: str, labels: Sequence[str], target: str | None = None
) -> alt.LayerChart:
    """Draw a distribution, and marks for another one that it should meet."""
    layout = (0, 1.15), [0, 0.5, 1], "probability p"
    drawn = bars(name, labels, COLOR_P, *layout, above=target or "")
    if target is None:
        return drawn
    mark = panel(target, labels, *layout).mark_tick(
        color=COLOR_Y, opacity=1, thickness=5, width=100
    )
    return drawn + mark


def places(distributions: ArrayLike, height: int = 190) -> alt.Chart:
    """Lay out distributions over three classes in their triangle, in this order."""
    sides = [round(0.5 + half / height, 3) for half in (-209, 209)]  # the same scale
    x = alt.X("x:Q", axis=None).scale(domain=sides, nice=False)
    y = alt.Y("y:Q", axis=None).scale(domain=[-0.14, 1], nice=False)
    corners = simplex_xy(distributions).round(6).tolist()
    rows = [{"k": k, "x": x, "y": y} for k, (x, y) in enumerate(corners)]
    chart = alt.Chart(alt.InlineData(values=rows), width=WIDTH, height=height)
    return chart.encode(x=x, y=y, order="k:O")


def follow(name: str, steps: int = 1, height: int = 190, **before: str) -> alt.Chart:
    """Lay out the list `name` in the triangle as the sliders place it.

    It may be a field, calculated `before` for each step `datum.k`.
    """
    chart = places(np.zeros((steps, 3)), height).transform_calculate(**before)
    return chart.transform_calculate(
        x=f"{name}[1] + {name}[2] / 2", y=f"sqrt(3) / 2 * {name}[2]"
    )


def triangle(labels: Sequence[str], height: int = 190) -> alt.LayerChart:
    """Draw the triangle of all distributions over three classes."""
    border, corners = (places(np.eye(3)[k], height) for k in ([0, 1, 2, 0], [0, 1, 2]))
    names = corners.mark_text(dy=alt.expr("datum.y > 0 ? -11 : 13"))
    return alt.layer(
        border.mark_line(color=COLOR_GREY, strokeWidth=1.2),
        names.transform_calculate(label=f"{list(labels)}[datum.k]").encode(
            text="label:N"
        ),
    )


def simplex(labels: Sequence[str], name: str, path: ArrayLike) -> alt.LayerChart:
    """Draw a path in the triangle, and the list `name`."""
    point = follow(name).mark_point(filled=True, size=120, color=COLOR_P, opacity=1)
    return triangle(labels) + places(path).mark_line(color=COLOR_P) + point


def show(
    chart: alt.TopLevelMixin,
    parameters: Sequence[alt.Parameter],
    *,
    title: str,
    alternative: str,
    says: str,
) -> None:
    """Display a chart with its sliders and definitions.

    Parameters
    ----------
    chart : what is drawn
    parameters : sliders and definitions, each after those that it uses
    title : what the sliders are for, a few words above them
    alternative : what the chart shows before anything is moved, with its numbers
    says : an expression whose text tells a listener what a move has changed
    """
    words = {"title": title, "alternative": alternative, "says": says}
    for name, text in words.items():
        if not text.strip():
            raise ValueError(f"a live figure needs its {name}; got {text!r}")
    named = [p.param.to_dict() for p in [*parameters, let("says", says)]]
    if not any("bind" in parameter for parameter in named):
        raise ValueError("a live figure needs at least one slider; got none")
    spec = chart.to_dict()
    spec["$schema"] = SCHEMA
    spec["config"] = CONFIG
    spec["description"] = alternative
    spec["params"] = named
    spec["usermeta"] = {"title": title}
    bundle = {MIME: spec, "text/plain": f"{title}. {alternative}"}
    if "google.colab" in sys.modules:  # which shows pages, and no type of its own
        bundle |= spec_to_mimebundle(spec, "html", **SCRIPTS)
    display(bundle, raw=True)
