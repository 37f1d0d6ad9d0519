"""Zip the built pages for reading from disk: the same pages give the same file.

python tools/zip_book.py _build/html _build/softmax-html.zip
"""

import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


def zip_book(pages: Path, target: Path) -> None:
    """Put all files of a folder but hidden ones into a zip, under one folder of its name.

    They come in the order of their names, with one date and one set of rights, so that
    nothing of the machine or the hour is left in the file.
    """
    if not (pages / "index.html").is_file():
        raise SystemExit(f"a built book is needed, with an index.html; {pages} has none")
    with ZipFile(target, "w") as archive:
        for path in sorted(pages.rglob("*")):
            inside = path.relative_to(pages)
            if path.is_file() and not any(part.startswith(".") for part in inside.parts):
                entry = ZipInfo(f"{target.stem}/{inside.as_posix()}")
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), ZIP_DEFLATED)


if __name__ == "__main__":
    zip_book(Path(sys.argv[1]), Path(sys.argv[2]))
