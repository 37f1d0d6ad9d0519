"""Types: every call that the README and the library's page show is one that mypy accepts."""

import doctest
import inspect
import re
import subprocess
import sys

import pytest
from press.contents import ROOT

import softmax_lib

SHOWN = {"README": (ROOT / "README.md").read_text()}
SHOWN |= {name: inspect.getdoc(getattr(softmax_lib, name)) for name in softmax_lib.__all__}

WRONG = {
    "an axis that is a word": "softmax([1.0, 2.0], axis='classes')",
    "an argument of another library": "softmax([1.0, 2.0], dim=0)",
    "a mask without its name": "log_softmax([1.0, 2.0], -1, [True, False])",
    "a flag that is a number": "logsumexp([1.0, 2.0], keepdims=0)",
    "a reduction that does not exist": "cross_entropy([1.0, 2.0], 0, reduction='avg')",
    "a number of classes that is a word": "one_hot([1], K='3')",
    "no temperature": "softmax_with_temperature([1.0, 2.0])",
    "a penalty that is a word": "SoftmaxRegression(l2='1')",
    "a result that is a list": "softmax([1.0, 2.0]).append(3.0)",
}


def source(shown: str) -> str:
    return "".join(example.source for example in doctest.DocTestParser().get_examples(shown))


@pytest.fixture(scope="module")
def faults(tmp_path_factory) -> dict[str, list[str]]:
    """Give what mypy says of each module that holds the calls of one place."""
    folder = tmp_path_factory.mktemp("calls")
    places = [f"from softmax_lib import *\n{source(shown)}" for shown in SHOWN.values()]
    places += [f"from softmax_lib import *\n{call}\n" for call in WRONG.values()]
    names = dict(zip([*SHOWN, *WRONG], (f"place_{i}" for i in range(len(places))), strict=True))
    for name, text in zip(names.values(), places, strict=True):
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "mypy", "--config-file=pyproject.toml", str(folder)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert "error" in said, said
    return {
        place: re.findall(rf"{name}\.py:\d+: error: (.*)", said) for place, name in names.items()
    }


@pytest.mark.parametrize("place", SHOWN)
def test_the_calls_that_are_shown_have_the_right_types(place, faults):
    assert f"{'softmax' if place == 'README' else place}(" in source(SHOWN[place])
    assert not faults[place]


@pytest.mark.parametrize("place", WRONG)
def test_a_wrong_call_is_noticed(place, faults):
    assert len(faults[place]) == 1
