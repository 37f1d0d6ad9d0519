"""Measure one thing, print it and write its tables."""

import argparse
from importlib import import_module
from pathlib import Path

from measure.tables import DATA

SUBJECTS = {  # module: what it measures
    "speed": "where the time of softmax goes: book/data/speed_*.csv",
    "peers": "the library beside its peers: speed.csv, a figure and a summary",
    "accuracy": "the worst errors of the library, its peers and formulas: book/data/accuracy.csv",
    "frameworks": "softmax by hand beside the frameworks' own: book/data/frameworks.csv",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="measure", description=__doc__)
    subjects = parser.add_subparsers(dest="subject", required=True)
    for subject, help in SUBJECTS.items():
        command = subjects.add_parser(subject, help=help)
        folder = Path("_build/bench") if subject == "peers" else DATA
        command.add_argument("--output", type=Path, default=folder, help="folder of the tables")
        if subject != "accuracy":
            command.add_argument("--rounds", type=int, help="the least of how many counts")
        if subject != "frameworks":
            command.add_argument("--only", nargs="*", help="tables, functions or implementations")
    options = vars(parser.parse_args())
    module = import_module(f"measure.{options.pop('subject')}")
    options["output"].mkdir(parents=True, exist_ok=True)
    module.main(**{name: value for name, value in options.items() if value is not None})


if __name__ == "__main__":
    main()
