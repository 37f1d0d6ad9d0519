"""Live figures: a picture that becomes a Vega view when a reader comes to it.

A cell's Vega-Lite output becomes an ordinary image, which every builder shows, inside a node to
which the HTML builders add the sliders and the compiled figure. `live.js` does the rest in the
reader's browser, with Vega, which it loads when a figure is in view.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from pathlib import Path

import vl_convert
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

VEGALITE = "application/vnd.vegalite.v5+json"
VERSION = "6.4"  # draws the same; its Vega is the one that the script holds


class live_figure(nodes.General, nodes.Element):
    """A figure's picture, and what it needs to come alive: `spec`, `title` and `sliders`."""


def sliders(params: list[dict]) -> Iterator[dict]:
    """Give what sliders move, with what each of them shows and its stops, if it has any."""
    values = {param["name"]: param.get("value") for param in params}
    for param in params:
        if "bind" in param:
            stops = values.get(f"{param['name']}s", [])
            shown = stops[param["value"]] if stops else param["value"]
            yield {**param, "shown": shown, "stops": json.dumps(stops)}


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
        says = {"mystnb": {"image": {"alt": chart["description"]}}}
        picture = MimeData("image/svg+xml", vl_convert.vega_to_svg(vega), says)
        for signal in vega["signals"]:
            signal.pop("bind", None)  # the page has its own sliders
        live = live_figure("", *renderer.render_image(picture))
        live["spec"] = json.dumps(vega, separators=(",", ":"), sort_keys=True)
        live["title"] = chart["usermeta"]["title"]
        live["sliders"] = list(sliders(chart["params"]))
        return [live]


def begin(self: HTML5Translator, node: live_figure) -> None:
    """Begin the box; its script finds in it what it needs."""
    if self.builder.name == "html":
        self.body.append('<div class="live-figure"><div class="live-view">')


def state(sliders: list[dict]) -> str:
    """Say where the sliders stand, which nothing moves on paper."""
    places = (f"{slider['bind']['name']}: {slider['shown']}" for slider in sliders)
    text = "; ".join(places).replace("-", "\u2212")
    return escape(f"Sliders, in a browser, stand here at {text}.")


def end(self: HTML5Translator, node: live_figure) -> None:
    """Add sliders and the compiled figure below the picture."""
    if self.builder.name != "html":
        self.body.append(f'<p class="live-state">{state(node["sliders"])}</p>')
        return
    key = sha256(node["spec"].encode()).hexdigest()[:8]
    spec = node["spec"].replace("<", r"\u003c")  # no tag can end the script
    about = {**node.attributes, "key": key, "spec": spec}
    form = self.builder.templates.render("live.html", about)
    self.body.append(f"</div>{form}</div>")


def write_vega(app: Sphinx) -> None:
    """Put the script that draws beside the book's own, kept from the names of the page."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VERSION)
    script = f"/* Licence: vega.LICENSE */ (() => {{{script}}})();"
    Path(app.outdir, "_static", "vega.js").write_text(script, encoding="utf-8")
