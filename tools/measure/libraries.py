"""The library and its peers: softmax, log_softmax and logsumexp of each that is installed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module

import numpy as np

FUNCTIONS = ["softmax", "log_softmax", "logsumexp"]
OURS = "softmax_lib"


@dataclass(frozen=True)
class Library:
    """Functions of an array of the library's own and an axis."""

    package: str  # whose version counts
    functions: dict[str, Callable]
    array: Callable = np.asarray  # makes one of its own from NumPy's
    call: Callable = partial  # what is timed, for a function, an array and an axis
    takes_out: bool = False
    rows_alone: bool = False


def softmax_lib() -> Library:
    module = import_module("softmax_lib")
    return Library("softmax_lib", {f: getattr(module, f) for f in FUNCTIONS}, takes_out=True)


def scipy() -> Library:
    module = import_module("scipy.special")
    return Library("scipy", {f: getattr(module, f) for f in FUNCTIONS})


def sklearn() -> Library:
    """Return scikit-learn's softmax, which has no sums along the first axis."""
    softmax = import_module("sklearn.utils.extmath").softmax

    def of_rows(z, axis):
        return softmax(z) if z.ndim > 1 else softmax(z[None])[0]

    return Library("scikit-learn", {"softmax": of_rows}, rows_alone=True)


def torch() -> Library:
    module = import_module("torch")
    module.set_num_threads(1)
    functions = {f: getattr(module, f) for f in FUNCTIONS}
    return Library("torch", functions, array=module.from_numpy, takes_out=True)


def jax() -> Library:
    module = import_module("jax")
    module.config.update("jax_enable_x64", True)

    def compiled(f, array, axis):
        of_axis = module.jit(lambda x: f(x, axis=axis))
        return lambda: of_axis(array).block_until_ready()

    functions = {f: getattr(module.nn, f) for f in FUNCTIONS}
    return Library("jax", functions, array=module.numpy.asarray, call=compiled)


@cache
def installed() -> dict[str, Library]:
    """Return the libraries that are installed, and print which are not."""
    found = {}
    makers = {OURS: softmax_lib, "SciPy": scipy, "scikit-learn": sklearn}
    for name, maker in (makers | {"PyTorch": torch, "JAX": jax}).items():
        try:
            found[name] = maker()
        except ImportError:
            print(f"{name} is not installed")
    return found
