"""What the book consists of, in its order: the one place that reads ``_toc.yml``."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"

_toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))

FIRST: str = _toc["root"]  # documents are named as there: by their path, without a suffix
PARTS: list[dict] = [
    {
        "caption": part["caption"],
        "numbered": part.get("numbered", False),  # chapters are, reference pages are not
        "documents": [entry["file"] for entry in part["chapters"]],
    }
    for part in _toc["parts"]
]
DOCUMENTS = [FIRST, *(name for part in PARTS for name in part["documents"])]
CHAPTERS = [name for part in PARTS if part["numbered"] for name in part["documents"]]
NOTEBOOKS = [name for name in DOCUMENTS if (ROOT / f"{name}.ipynb").exists()]
