"""Live figures: what the reader's browser computes is what the library computes."""

import functools
import math
import re
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import nbformat
import numpy as np
import pytest
from browser import watch
from nbformat import NotebookNode
from playwright.sync_api import Browser, ElementHandle, Page
from press.contents import ROOT
from threadpoolctl import threadpool_limits

from softmax_lib import (
    SoftmaxRegression,
    attention_weights,
    boltzmann_operator,
    cross_entropy,
    cross_entropy_grad,
    entropy,
    log_softmax,
    logsumexp,
    mellowmax,
    one_hot,
    scaled_dot_product_attention,
    softmax,
    softmax_jacobian,
    softmax_jvp,
    softmax_vjp,
    softmax_with_temperature,
)

VEGALITE = "application/vnd.vegalite.v5+json"


def live_cells() -> Iterator[tuple[str, NotebookNode]]:
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if any(VEGALITE in output.get("data", {}) for output in cell.get("outputs", [])):
                yield path.stem, cell


CELLS = {cell.metadata.mystnb.figure.name: (chapter, cell) for chapter, cell in live_cells()}


def spec(name: str) -> dict:
    return CELLS[name][1].outputs[0].data[VEGALITE]


def in_type(c: float, dtype: str) -> dict[str, np.ndarray]:
    """Return softmax of (c, c + 1, c + 2) as NumPy computes it in a type, both ways."""
    z = (c + np.arange(3)).astype(dtype)
    with np.errstate(all="ignore"):
        e, shifted = np.exp(z), np.exp(z - z.max())
        return {"naive": e / e.sum(), "maximum subtracted": shifted / shifted.sum()}


def overflow_table(rows: list[dict]) -> np.ndarray:
    """Return what the browser found, sorted by type, form and class."""
    order = sorted(rows, key=lambda row: (row["type"], row["form"], row["logit"]))
    return np.array([row["p"] for row in order])


def overflow_expected(c: float) -> np.ndarray:
    types = ["float16", "float32", "float64"]
    found = [in_type(c, dtype) for dtype in types]
    forms = ["maximum subtracted", "naive"]
    return np.concatenate([each[form].astype(float) for each in found for form in forms])


def three(v: dict) -> list[float]:
    return [v["z_0"], v["z_1"], v["z_2"]]


def temperature(v: dict) -> dict:
    p = softmax_with_temperature([4.0, 2.0, -1.0], v["T"])
    return {"p": p, "H": entropy(p)}


def losses(v: dict) -> dict:
    z, y = three(v), (1 - v["smooth"]) * one_hot(v["right"], 3) + v["smooth"] / 3
    return {"y": y, "p": softmax(z), "L": cross_entropy(z, y), "g": cross_entropy_grad(z, y)}


def squares(v: dict) -> dict:
    z, error = three(v), softmax(three(v)) - one_hot(0, 3)
    pulls = {"g": cross_entropy_grad(z, 0), "h": softmax_vjp(z, 2 * error)}
    return pulls | {"L": cross_entropy(z, 0), "B": (error**2).sum()}


def bounds(v: dict) -> dict:
    x = np.array(three(v)) + v["c"]
    e = np.exp(x - x.max())
    m, L, s = x.max(), logsumexp(x), e.sum()
    said = {"says": [m, L, L - m, *e, s], "high": e.cumsum(), "low": e.cumsum() - e}
    return {"x": x, "e": e, "s": s, "L": L, "m": m} | said


def push(v: dict) -> dict:
    z, nudge = np.log([1, 2, 5]), v["t"] * np.array([v["v_0"], v["v_1"], v["v_2"]])
    straight, q = softmax(z) + softmax_jvp(z, nudge), softmax(z + nudge)
    change = np.stack([straight, q], axis=1) - softmax(z)[:, None]
    error = np.linalg.norm(straight - q)
    named = [n for k in range(3) for n in (k + 1, straight[k])]
    named += [n for k in range(3) for n in (k + 1, q[k])]
    said = {"says": [*named, error, error / v["t"] ** 2]}
    return {"straight": straight, "q": q, "error": error, "change": change.ravel()} | said


def calibration(v: dict) -> dict:
    """Measure the chapter's overconfident model on its test half again."""
    rng = np.random.default_rng(0)
    true = rng.normal(scale=1.5, size=(4000, 5))
    labels = (rng.random((4000, 1)) > softmax(true).cumsum(axis=1)).sum(axis=1)[2000:]
    z = 3 * true[2000:]
    p = softmax_with_temperature(z, v["T"])
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    bins, gap = [], 0.0
    for cell in np.arange(10)[:, None] == np.floor(10 * confidence):
        share = cell.mean()
        if share:
            promised, kept = confidence[cell].mean(), right[cell].mean()
            gap += share * abs(promised - kept)
        if cell.sum() >= 10:
            bins.append((promised, kept, cell.sum()))
    loss = cross_entropy(z / v["T"], labels)
    shown = {"bin": np.round(bins, 4), "gap": gap.round(6), "loss": loss.round(6)}
    for column, values in zip(["promised", "kept"], shown["bin"].T, strict=False):
        shown["count", column] = values
    shown["at", "value"] = [shown["loss"]]
    return shown | {"says": [v["T"], right.mean(), gap, loss]}


def small_type(v: dict) -> dict:
    """Return the numbers of a type up to 4, in fractions, and what rounding x to it does."""
    P, least, x = int(v["P"]), int(v["least"]), Fraction(v["x"])
    numbers = sorted({f * Fraction(2) ** (e - P + 1) for e in range(least, 4) for f in range(2**P)})
    ulp = min(n for n in numbers if n > x) - max(n for n in numbers if n <= x)
    near = round(x / ulp) * ulp  # of two, the even one
    exact = {"ulp": ulp, "near": near, "off": abs(near - x) / ulp, "share": abs(near - x) / x}
    listed = [float(min(n, 4)) for n in numbers][:41]  # what is beyond 4 is drawn at 4
    listed += [4.0] * (41 - len(listed))
    shown = {"number": listed} | {name: float(value) for name, value in exact.items()}
    xs = np.arange(1, 513) / 128
    ulps = 2.0 ** (np.maximum(np.floor(np.log2(xs)), least) - P + 1)
    offs = np.abs(np.rint(xs / ulps) * ulps - xs)  # rint takes of two the even one
    shown |= {("any", "x"): listed, ("off", "off"): offs / ulps}
    shown["off", "share"] = np.minimum(2, offs / xs * 2**P)
    share = shown["share"]
    return shown | {"says": [v["x"], shown["near"], shown["off"], shown["ulp"], share]}


def conditions(v: dict) -> dict:
    z = np.array(v["w"]) + v["c"]
    p, m, lse = softmax(z), z.max(), logsumexp(z)
    mu, change = np.abs(np.diag(z) - p * z).sum(axis=1), p @ np.abs(z)
    in_logs, unit = mu / -log_softmax(z), max(abs(m), abs(lse - m), abs(lse))
    kappa = [*mu, *in_logs, change / abs(lse), change / unit]
    part = [*z, lse - m, lse]
    return {"kappa": kappa, "part": part, "shown": np.clip(kappa, 0.1, 1e5)}


def stream(v: dict) -> dict:
    z = np.array(v["noise"]) + v["drift"] * np.arange(20)
    seen = z[: int(v["n"])]
    found = {"m": seen.max(), "total": logsumexp(seen), "lse": np.logaddexp.accumulate(z)}
    found["s"] = np.exp(seen - seen.max()).sum()
    found["term"] = np.where(np.arange(20) < v["n"], np.exp(z - seen.max()), 0)
    found["says"] = [v["n"], found["m"], found["total"]]
    if v["n"] > 1:
        m, old = seen[:-1].max(), np.exp(seen[:-1] - seen[:-1].max()).sum()
        found["says"] += [old, np.exp(m - found["m"]), np.exp(seen[-1] - found["m"]), found["s"]]
    return found | {"p": [*softmax(seen), *np.zeros(len(z) - len(seen))]}


def roofline(v: dict) -> dict:
    memory, exponential = v["words"] * v["b"] / v["beta"], 1 / v["most"]
    time, ridge = max(memory, exponential), v["most"] / v["beta"]
    tied = math.isclose(memory, exponential, rel_tol=1e-9)
    side = "on" if tied else "left" if memory > exponential else "right"
    ends = np.array([1 / 128, np.clip(ridge, 1 / 128, 1 / 2), 1 / 2])
    shown = {"times": [memory, exponential], "time": time, "reached": 1 / time, "ridge": ridge}
    shown["k", "y"] = np.minimum(v["most"], v["beta"] * ends)
    orange, grey = "#d9660b", "#7a7a7a"
    shown["k", "hue"] = [orange if t > 0.999999 * time else grey for t in shown["times"]]
    return shown | {"side": side, "says": [time]}


def soft_maxima(z: list | np.ndarray, T: float) -> list:
    """Return log-sum-exp at a temperature, the Boltzmann operator and mellowmax."""
    return [T * logsumexp(np.array(z) / T), boltzmann_operator(z, T), mellowmax(z, T)]


def staircase(v: dict) -> dict:
    z, T = np.array(three(v)), v["T"]
    L, B, mm = soft_maxima(z, T)
    maxima = [z.mean(), mm, B, z.max(), L, z.max() + T * np.log(3)]
    return {"maxima": maxima, ("row", "value"): maxima, "says": maxima[:5]}


def dip(v: dict) -> dict:
    z, T = [v["z1"], 0, v["z3"]], v["T"]
    L, B, mm = soft_maxima(z, T)
    slope = softmax(np.array(z) / T)[0] * (1 + (v["z1"] - B) / T)
    curves = [soft_maxima([x, 0, v["z3"]], T) for x in np.linspace(-6, 3, 91).round(2)]
    shown = {"maxima": [L, B, mm], "slope": slope, "says": [B, slope, L]}
    shown |= {("which", "height"): np.ravel(curves), ("value", "at"): [v["z1"]] * 3}
    return shown | {("at", "value"): [L, B, mm]}


def conjugate(v: dict) -> dict:
    z, T, q0 = v["z"], v["T"], v["q0"]
    L, p = T * logsumexp([z / T, 0]), softmax([z / T, 0])[0]
    q = np.linspace(0, 1, 81).round(4)
    arch, value = (x * z + T * entropy(np.stack([x, 1 - x], axis=-1)) for x in (q, np.array(q0)))
    said = [value, L, L - value, p]
    shown = {"p": p, "L": L, "value": value, ("score", "total"): arch, "level": [L]}
    shown |= {"best_q": [p], "best": [L], "tried_q": [q0], "tried": [value]}
    return shown | {("total", "score"): q * z, "says": said}


def lookup(v: dict) -> dict:
    at, turn = np.deg2rad([20, 100, 190, 290]), np.deg2rad(v["angle"])
    keys = np.column_stack([np.cos(at), np.sin(at)]).round(6)
    values = np.array([[1, 1], [8, 2], [9, 8], [2, 6]])
    query = v["length"] * np.array([[np.cos(turn), np.sin(turn)]])
    (o,) = scaled_dot_product_attention(query, keys, values)
    (A,) = attention_weights(query, keys)
    ends = np.array([[0, 0], query[0] / 12])
    drawn = {("ray", "x"): ends[:, 0], ("ray", "y"): ends[:, 1]}
    drawn |= {("tip", "x"): ends[1:, 0], ("tip", "y"): ends[1:, 1]}
    drawn |= {("mean", "x"): [o[0]], ("mean", "y"): [o[1]]}
    return drawn | {"A": A, "o": o, "H": entropy(A), "says": [*A, *o, entropy(A)]}


def dimension(v: dict) -> dict:
    g = np.array([1.5, 0.8, 0.2, -0.2, -0.8, -1.5])
    p = softmax(v["d"] ** (0.5 - v["a"]) * g)
    found = {"p": p, "H": entropy(p), "trace": 1 - p @ p}
    dims = np.array([1, 4, 16, 64, 256, 1024])
    found["at", "H_at"] = entropy(softmax(dims[:, None] ** (0.5 - v["a"]) * g))
    found |= {("now", "dim"): [v["d"]], ("dim", "now"): [found["H"]]}
    said = [n for j in range(6) for n in (j + 1, p[j])]
    return found | {"says": [*said, found["H"], found["trace"]]}


def sepals(v: dict) -> dict:
    """Return a model of one feature, its lines given by hand, and its loss on fifteen flowers."""
    from sklearn.datasets import load_iris  # two seconds, which only these figures need

    iris = load_iris()
    x, kind = iris.data[4::10, 0], iris.target[4::10]

    def logits(x: np.ndarray) -> np.ndarray:
        return np.stack([0 * x, *(v[f"a_{k}"] * (x - v[f"c_{k}"]) for k in (1, 2))], axis=1)

    p, grid = softmax(logits(x)), np.linspace(4.3, 7.9, 73).round(2)
    own, lines = p[np.arange(15), kind], softmax(logits(grid))
    loss = cross_entropy(logits(x), kind)
    shown = {"own": own, "loss": loss, ("n", "p"): own, ("grid", "p"): lines.ravel()}
    return shown | {"says": [loss, 6, *softmax(logits(np.array([6.0])))[0]]}


@functools.cache
def digits(l2: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit the first 1200 digits; return the probabilities of the others, and their labels."""
    from sklearn.datasets import load_digits

    X, labels = load_digits(return_X_y=True)
    with threadpool_limits(1):  # several threads wait for one another ten times as long
        model = SoftmaxRegression(l2).fit(X[:1200] / 16, labels[:1200])
    return model.predict_proba(X[1200:] / 16), labels[1200:]


def penalty(v: dict) -> dict:
    p, labels = digits(v["l2"])
    sure, right = p.max(axis=1).mean(), (p.argmax(axis=1) == labels).mean()
    shown = {"p": p[291].round(6), "sure": sure.round(6), "right": right.round(6)}
    shown |= {"reading": p[291].argmax(), ("what", "share"): [shown["sure"], shown["right"]]}
    curves = [(p.max(axis=1), p.argmax(axis=1) == labels) for p, _ in map(digits, v["l2_stops"])]
    shown["curve", "share"] = np.array(curves).mean(axis=2).T.ravel().round(6)
    return shown | {"says": [v["l2"], shown["reading"], sure, right]}


def twice(v: dict) -> dict:
    p = softmax(three(v))
    q, once, again = softmax(p), cross_entropy(three(v), 0), cross_entropy(p, 0)
    pull = -cross_entropy_grad(three(v), 0)[0]
    pulled = -softmax_vjp(three(v), cross_entropy_grad(p, 0))[0]
    shown = {"p": p, "q": q, "L": once, "D": again, "pull": pull, "pulled": pulled}
    return shown | {"says": [once, again, pull, pulled]}


def wrapped(v: dict) -> dict:
    """Return softmax of two numbers, and of their differences as NumPy wraps them."""
    z = np.array([v["first"], v["second"]], dtype=np.uint8)
    w = z - z.max()
    with np.errstate(over="ignore"):
        infinite = bool(np.isinf(np.exp(w.astype(np.float32))).any())
    wrong = np.full(2, np.nan) if infinite else softmax(w)
    verdict = "an exponential is infinite: NaN"
    if not infinite:
        winner = "smaller" if z[wrong.argmax()] == z.min() else "larger"
        verdict = f"finite, and the {winner} one wins" if w.any() else "equal: right"
        verdict += " (JAX: two zeros)" if w.max() == 256 - 168 else ""
    shown = {"p": softmax(z), "w": w, "infinite": infinite, "wrong": wrong, "verdict": verdict}
    return shown | {"says": [8, *w]}


# For each figure: what the library makes of its sliders' values. The overflow has its own test.
EXPECTED: dict[str, Callable[[dict], dict]] = {
    "fig-accuracy-live-condition": conditions,
    "fig-accuracy-live-grid": small_type,
    "fig-attention-live": lookup,
    "fig-attention-live-dimension": dimension,
    "fig-cross_entropy-live": losses,
    "fig-cross_entropy-live-squares": squares,
    "fig-definition-live": lambda v: {"p": softmax(three(v))},
    "fig-definition-live-shift": lambda v: {"p": softmax(v["b"] * np.arange(1.0, 4) + v["c"])},
    "fig-frameworks-live-twice": twice,
    "fig-frameworks-live-wrap": wrapped,
    "fig-jacobian-live": lambda v: {"entry": softmax_jacobian(three(v)).ravel()},
    "fig-jacobian-live-push": push,
    "fig-overflow-live": lambda v: {},
    "fig-overflow-live-lse": bounds,
    "fig-softmax_regression-live": sepals,
    "fig-softmax_regression-live-l2": penalty,
    "fig-speed-live-online": stream,
    "fig-speed-live-roofline": roofline,
    "fig-temperature-live": temperature,
    "fig-temperature-live-calibration": calibration,
    "fig-three_softmaxes-live-conjugate": conjugate,
    "fig-three_softmaxes-live-dip": dip,
    "fig-three_softmaxes-live-line": staircase,
}


class Alive:
    """A figure's page from disk, in a real browser, and what it does until the figure is drawn."""

    def __init__(self, browser: Browser, html: Path, name: str, **view) -> None:
        self.page = browser.new_page(**view)
        self.said = watch(self.page, html.as_uri())
        self.asked: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto((html / "book" / f"{CELLS[name][0]}.html").as_uri())
        self.asked_before = list(self.asked)
        self.before = find(self.page, name).bounding_box()
        self.figure = come_alive(self.page, name)
        self.after = self.figure.bounding_box()
        self.first = signals(self.figure)
        self.picture = self.figure.query_selector("svg").inner_html()


@pytest.fixture(scope="module", params=CELLS)
def name(request) -> str:
    """Give each live figure in turn: all its tests follow one another."""
    return request.param


@pytest.fixture(scope="module")
def alive(browser, html, name) -> Iterator[Alive]:
    """Give a figure that all its tests move; the page shall be quiet to the end."""
    alive = Alive(browser, html, name, viewport={"width": 1280, "height": 800})
    yield alive
    alive.page.close()
    assert not alive.said


@pytest.fixture
def open_page(new_context, html) -> Iterator[Callable[..., Page]]:
    """Give what opens the page of a figure from disk, in a real browser; all shall be quiet."""
    said: list[list[str]] = []

    def open_page(name: str, **view) -> Page:
        opened = new_context(**view).new_page()
        said.append(watch(opened, html.as_uri()))
        opened.goto((html / "book" / f"{CELLS[name][0]}.html").as_uri())
        return opened

    yield open_page
    assert not any(said), said


@pytest.fixture(scope="module")
def scriptless(browser, html) -> Iterator[Callable[[str], Page]]:
    """Give what opens the chapter of a figure without scripts, once for all that it holds."""
    page = browser.new_page(java_script_enabled=False)
    said = watch(page, html.as_uri())

    def open_chapter(name: str) -> Page:
        address = (html / "book" / f"{CELLS[name][0]}.html").as_uri()
        if page.url != address:
            page.goto(address)
        return page

    yield open_chapter
    page.close()
    assert not said


def place(name: str) -> str:
    """Return where a page has the live figure of a name: docutils writes hyphens alone."""
    return f"#{name.replace('_', '-')} .live-figure"


def find(page: Page, name: str) -> ElementHandle:
    """Return the live figure of that name."""
    figure = page.query_selector(place(name))
    assert figure, f"no live figure called {name}"
    return figure


def come_alive(page: Page, name: str) -> ElementHandle:
    """Scroll to a figure and wait until it is drawn by the script."""
    figure = find(page, name)
    # Sections that come into view are laid out then, and may push the figure out again.
    come = "figure => { figure.scrollIntoView({block: 'center'}); return figure.view }"
    page.wait_for_function(come, arg=figure)
    return figure


def signals(figure: ElementHandle) -> dict:
    """Return what the figure knows by name, when it has finished drawing."""
    return figure.evaluate(
        "async f => { await new Promise(setTimeout); await f.view.runAsync();"
        " return f.view.getState({signals: () => true, data: () => false}).signals }"
    )


def data(figure: ElementHandle, *fields: str) -> list[dict]:
    """Return the rows of the last table of the figure that has all these fields."""
    return figure.evaluate(
        """(f, fields) => {
          f.tables ??= JSON.parse(f.querySelector("script").text).data.map(({name}) => name);
          return f.tables.map(name => f.view.data(name))
            .filter(rows => rows[0] && fields.every(field => field in rows[0])).at(-1)
            .map(row => Object.fromEntries(fields.map(field => [field, row[field]])));
        }""",
        fields,
    )


def shown(figure: ElementHandle) -> tuple[dict[str, float], str]:
    """Return where the sliders stand, by name, and what the figure says."""
    return figure.evaluate(
        """f => [
          Object.fromEntries([...f.querySelectorAll("input")].map(x => [x.name, +x.value])),
          f.querySelector(".live-says").innerText,
        ]"""
    )


def press(figure: ElementHandle, slider: int, *keys: str) -> None:
    """Move one slider by keyboard."""
    figure.query_selector_all("input")[slider].focus()
    for key in keys:
        figure.owner_frame().page.keyboard.press(key)


def compare(figure: ElementHandle, now: dict, key: str | tuple, expected) -> None:
    """Compare what a figure knows by name, or the column named last of a table with all names."""
    if key == "says":
        said = re.findall(r"-?\d+(?:\.(\d+))?", now[key].replace("\u2212", "-"))
        numbers = re.findall(r"-?\d+(?:\.\d+)?", now[key].replace("\u2212", "-"))
        assert len(numbers) >= len(expected), now[key]
        for number, digits, value in zip(numbers, said, expected, strict=False):
            assert abs(float(number) - value) <= 0.501 * 10.0 ** -len(digits), (now[key], value)
    elif key == "side":
        assert now[key].startswith(expected)
    else:
        fields = key if isinstance(key, tuple) else (key,)
        found = now[key] if key in now else [row[fields[-1]] for row in data(figure, *fields)]
        if fields[-1] in ("hue", "verdict"):
            assert found == expected
            return
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=str(key))


def test_every_live_figure_is_compared_with_the_library():
    assert set(CELLS) == set(EXPECTED)


def test_a_live_figure_is_described_and_reproducible(name):
    chapter, cell = CELLS[name]
    assert re.match(rf"fig-{chapter}-", name)
    assert len(cell.metadata.mystnb.figure.caption) > 40
    assert [set(output.data) for output in cell.outputs] == [{VEGALITE, "text/plain"}]
    assert len(spec(name)["description"]) > 40
    assert spec(name)["description"] in cell.outputs[0].data["text/plain"]


def test_sliders_moved_by_keyboard_give_the_librarys_values(alive, name):
    figure = alive.figure
    inputs = figure.query_selector_all("input")
    seen = set()
    for turn, keys in enumerate([[], ["ArrowRight"] * 3, ["PageDown"] * 2, ["End"], ["Home"]]):
        for slider in range(len(inputs)):
            press(figure, (slider + turn) % len(inputs), *keys)
            now = signals(figure)
            knobs, said = shown(figure)
            assert knobs == {knob: now[knob] for knob in knobs}
            for key, value in EXPECTED[name](now).items():
                compare(figure, now, key, value)
            seen.add(now["says"])
            assert said in ("", now["says"])
    assert len(seen) > len(inputs)  # something happened, and was said


def test_the_types_round_as_numpys(open_page):
    name = "fig-overflow-live"
    page = open_page(name)
    figure = come_alive(page, name)
    stops = len(signals(figure)["c_stops"])
    press(figure, 0, "Home")
    for _ in range(stops):
        c = signals(figure)["c"]
        rows = data(figure, "logit", "type", "form", "p")
        found, expected = overflow_table(rows), overflow_expected(c)
        assert np.array_equal(np.isnan(found), np.isnan(expected)), c
        assert np.array_equal(found == 0, expected == 0), c
        # Each type to its own precision: six numbers a type, in the order of their names.
        precision = np.repeat([np.finfo(t).eps for t in ("float16", "float32", "float64")], 6)
        assert not (np.abs(found - expected) > precision).any(), c
        press(figure, 0, "ArrowRight")
    assert c == 800


def test_each_stop_of_the_penalty(open_page):
    name = "fig-softmax_regression-live-l2"
    page = open_page(name)
    figure = come_alive(page, name)
    press(figure, 0, "Home")
    seen = []
    for _ in signals(figure)["l2_stops"]:
        now = signals(figure)
        for key, value in penalty(now).items():
            compare(figure, now, key, value)
        seen.append(now["l2"])
        press(figure, 0, "ArrowRight")
    assert seen == now["l2_stops"]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_script_is_loaded_in_view_and_moves_nothing_else(browser, html, alive, name, width):
    if width == 390:
        alive = Alive(browser, html, name, viewport={"width": width, "height": 800})
    assert not [url for url in alive.asked_before if "vega" in url]
    before, after = alive.before, alive.after
    assert abs(before["height"] - after["height"]) < 1 and before["width"] == after["width"]
    scripts = [url for url in alive.asked if "vega" in url]
    assert scripts == [(html / "_static" / "vega.js").as_uri()]
    assert all(url.startswith("file:") for url in alive.asked)
    for knob in alive.figure.query_selector_all("input"):
        box = knob.bounding_box()
        assert box["width"] > 150 and box["height"] >= 32
    if width == 390:
        alive.page.close()
        assert not alive.said


def test_reset_brings_everything_back(alive):
    page, figure = alive.page, alive.figure
    for slider in range(len(figure.query_selector_all("input"))):
        press(figure, slider, "End")
    assert signals(figure) != alive.first
    assert figure.query_selector("svg").inner_html() != alive.picture
    figure.query_selector("button").focus()
    page.keyboard.press("Enter")
    assert signals(figure) == alive.first
    assert figure.query_selector("svg").inner_html() == alive.picture


def test_a_finger_moves_sliders_along_them_and_not_by_scrolling(open_page):
    name = "fig-definition-live"
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    page = open_page(name, **phone)
    figure = come_alive(page, name)
    first, place = signals(figure), figure.bounding_box()["y"]
    touch = page.context.new_cdp_session(page)

    def swipe(across: int, down: int) -> None:
        slider = figure.query_selector_all("input")[0]
        slider.wait_for_element_state("stable")
        box = slider.bounding_box()
        x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
        points = [(x + across * i / 10, y + down * i / 10) for i in range(11)]
        for i, (x, y) in enumerate(points):
            kind = "touchMove" if i else "touchStart"
            where = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            touch.send("Input.dispatchTouchEvent", where)
        page.wait_for_timeout(200)  # lifted from rest, or the page glides on and eats a touch
        touch.send("Input.dispatchTouchEvent", where)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(0, -200)
    scrolled = "([figure, y]) => figure.getBoundingClientRect().y < y - 100"
    page.wait_for_function(scrolled, arg=[figure, place])
    assert signals(figure)["z"] == first["z"]
    figure = come_alive(page, name)
    swipe(60, 0)
    moved = "([figure, z]) => String(figure.view.signal('z')) !== String(z)"
    page.wait_for_function(moved, arg=[figure, first["z"]])


def test_without_script_and_in_print_there_is_the_picture_alone(alive, scriptless, name):
    figure = scriptless(name).locator(place(name))
    assert figure.locator("img").get_attribute("alt") == spec(name)["description"]
    assert not figure.locator("form").is_visible()
    form = alive.figure.query_selector(".live-controls")
    assert form.is_visible()
    alive.page.emulate_media(media="print")
    assert not form.is_visible()
    alive.page.emulate_media(media="screen")


def test_a_live_figure_needs_its_words_and_a_slider(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book")
    import live

    chart = live.bars("z", ["a"], "black", (0, 1), [0, 1], "z")
    words = {"title": "t", "alternative": "a", "says": "''"}
    with pytest.raises(ValueError, match=r"needs its says; got ' '"):
        live.show(chart, [live.slider("a", "a", 0, 0, 1)], **words | {"says": " "})
    with pytest.raises(ValueError, match="at least one slider"):
        live.show(chart, [live.let("z", ["1"])], **words)


def test_where_vega_lite_is_not_drawn_a_page_draws_it(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book")
    import live

    shown = []
    monkeypatch.setattr(live, "display", lambda bundle, raw: shown.append(bundle))
    chart = live.bars("z", ["a"], "black", (0, 1), [0, 1], "z")
    parameters = [live.slider("a", "a", 0, 0, 1), live.let("z", ["a"])]
    words = {"title": "t", "alternative": "a", "says": "''"}
    live.show(chart, parameters, **words)
    monkeypatch.setitem(sys.modules, "google.colab", None)
    live.show(chart, parameters, **words)
    here, there = shown
    assert set(here) == {VEGALITE, "text/plain"}
    assert here == {kind: there[kind] for kind in here}
    assert "vegaEmbed" in there["text/html"]
