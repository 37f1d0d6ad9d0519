"""What is registered with Sphinx, and when each part has its turn."""

from myst_nb.core.render import load_mime_renders
from myst_nb.sphinx_ import HideCodeCellNode
from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx

from press import (
    assets,
    bibliography,
    concept_map,
    epub,
    folding,
    formulas,
    live_figures,
    mends,
    page,
    paper,
    previews,
    terms,
    writing,
)


def connect_pages(app: Sphinx) -> None:
    """Let the pages for browsers say what they are about, and bring what they load."""
    if app.builder.name != "html":
        return
    files, targets = assets.Assets(), previews.Previews()
    app.connect("doctree-resolved", page.postpone)
    app.connect("html-page-context", page.describe, priority=950)
    app.connect("html-page-context", files.replace, priority=950)
    app.connect("html-page-context", targets.remember, priority=960)

    def finish(app: Sphinx, exception: Exception | None) -> None:
        if exception is None and targets.bodies:  # pages have been written
            formulas.shrink_fonts(app)
            live_figures.write_vega(app)
            page.write_site_map(app)
            targets.write(app)
            files.join(app)

    app.connect("build-finished", finish, priority=900)  # the theme has written its files


def setup(app: Sphinx) -> None:
    """Register it all."""
    for name in ("docutils", "plaintext"):  # not looked for anew at every citation
        group = "pybtex.backends"
        register_plugin(group, name, find_plugin(group, name), force=True)
    register_plugin("pybtex.style.sorting", "by_name", bibliography.ByName)
    register_plugin("pybtex.style.formatting", "alphabetical", bibliography.Alphabetical)
    load_mime_renders().append(live_figures.VegaLite)  # an entry point would need a package
    app.add_html_math_renderer(
        "mended", (formulas.visit_math, None), (formulas.visit_math_block, None)
    )
    app.add_directive("concept-map", concept_map.ConceptMap)
    app.add_builder(epub.EpubBuilder, override=True)
    app.add_builder(paper.PaperBuilder)
    app.set_translator("html", writing.PageTranslator)
    app.add_node(concept_map.concept_map, html=(concept_map.write, None))
    app.add_node(folding.fold, html=folding.FOLD)
    app.add_node(folding.fold_summary, html=folding.SUMMARY)
    app.add_node(HideCodeCellNode, html=folding.HIDDEN, override=True)
    app.add_node(live_figures.live_figure, html=(live_figures.begin, live_figures.end))
    app.add_post_transform(formulas.KeepTogether)
    app.add_post_transform(mends.Mend)
    app.add_post_transform(folding.FoldSolutions)
    app.add_post_transform(folding.Unfold)
    app.add_post_transform(terms.LinkTerms)
    app.add_post_transform(epub.EmphasizeProof)
    app.add_post_transform(paper.AdaptToPaper)
    for script in ("live.js", "page.js", "preview.js"):
        app.add_js_file(script)
    app.add_config_value("page_descriptions", {}, "html")
    app.add_config_value("made_page_descriptions", {}, "html")
    app.add_config_value("not_on_binder", [], "html")
    app.connect("config-inited", page.know_the_edition)
    app.connect("config-inited", paper.show_what_html_shows)
    app.connect("builder-inited", writing.choose_code_styles, priority=100)
    app.connect("builder-inited", connect_pages)
    # Late among these, when sections are numbered, and before the environment is kept.
    app.connect("env-get-updated", terms.index, priority=900)
