"""Live figures: a picture that becomes a Vega view when a reader comes to it.

A cell's Vega-Lite output becomes an ordinary image, which every builder shows, inside a
node to which the HTML builders add the sliders and the compiled figure. `live.js` does
the rest in the reader's browser, with Vega, which it loads when a figure is in view.
"""

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

import vl_convert
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, load_mime_renders
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

VEGALITE = "application/vnd.vegalite.v5+json"
VERSION = "6.4"  # draws the same; its Vega is the one that the script holds
LIVE_BUILDERS = {"html"}  # one long page is made for printing


class live_figure(nodes.General, nodes.Element):
    """A figure's picture, and what it needs to come alive: `spec` and `form`."""


def sliders(params: list[dict]) -> Iterator[dict]:
    """Say what a page must know of each slider, and the stops of one that has them."""
    values = {param["name"]: param.get("value") for param in params}
    for param in params:
        if "bind" in param:
            stops = values.get(f"{param['name']}s", [])
            bounds = {bound: param["bind"][bound] for bound in ("min", "max", "step")}
            yield {
                "name": param["name"],
                "label": param["bind"]["name"],
                "value": param["value"],
                "shown": stops[param["value"]] if stops else param["value"],
                "stops": json.dumps(stops),
            } | bounds


class VegaLite:
    """What renders the output of a cell whose type is Vega-Lite."""

    mime_priority_overrides = (("*", VEGALITE, 0),)

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool):
        """Draw the figure as it stands before anything is moved."""
        if data.mime_type != VEGALITE:
            return None
        chart = data.content
        vega = vl_convert.vegalite_to_vega(chart, vl_version=VERSION)
        svg = vl_convert.vega_to_svg(vega)
        picture = MimeData(
            "image/svg+xml", svg, {"mystnb": {"image": {"alt": chart["description"]}}}
        )
        for signal in vega["signals"]:
            signal.pop("bind", None)  # the page has its own sliders
        live = live_figure(
            "",
            *renderer.render_image(picture),
            spec=json.dumps(vega, separators=(",", ":"), sort_keys=True),
            title=chart["usermeta"]["title"],
            sliders=list(sliders(chart["params"])),
        )
        return [live]


def open_live(self: HTML5Translator, node: live_figure) -> None:
    """Begin the box; its script finds in it what it needs."""
    if self.builder.name in LIVE_BUILDERS:
        self.body.append('<div class="live-figure"><div class="live-view">')


def state(sliders: list[dict]) -> str:
    """Say where the sliders stand, which nothing moves on paper."""
    places = (f"{slider['label']}: {slider['shown']}" for slider in sliders)
    text = "; ".join(places).replace("-", "\u2212")
    return escape(f"Sliders, in a browser, stand here at {text}.")


def close_live(self: HTML5Translator, node: live_figure) -> None:
    """Add sliders and the compiled figure below the picture."""
    if self.builder.name not in LIVE_BUILDERS:
        self.body.append(f'<p class="live-state">{state(node["sliders"])}</p>')
        return
    spec = node["spec"].replace("<", r"\u003c")  # no tag can end the script
    about = {
        "key": sha256(node["spec"].encode()).hexdigest()[:8],
        "title": node["title"],
        "sliders": node["sliders"],
        "spec": spec,
    }
    form = self.builder.templates.render("live.html", about)
    self.body.append(f"</div>{form}</div>")


@cache
def vega_script() -> str:
    """Return the script that draws, kept from the names of the page."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VERSION)
    return f"/* Licence: vega.LICENSE */ (() => {{{script}}})();"


def write_vega(app: Sphinx, exception: Exception | None) -> None:
    """Put the script that draws beside the book's own."""
    if exception is None and app.builder.name in LIVE_BUILDERS:
        path = Path(app.outdir) / "_static" / "vega.js"
        path.write_text(vega_script(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the renderer, the node and what is written beside the pages."""
    load_mime_renders().append(VegaLite)  # an entry point would need a package
    app.add_js_file("live.js")
    app.add_node(live_figure, html=(open_live, close_live))
    app.connect("build-finished", write_vega)
