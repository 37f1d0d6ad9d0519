"""Tables of what was measured."""

import csv
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "book" / "data"

Row = dict[str, object]


def write(path: Path, rows: list[Row], digits: int | None = None) -> None:
    """Write rows, which need not have all columns, with so many digits of each float."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rounded(row, digits) if digits else row for row in rows)


def rounded(row: Row, digits: int) -> Row:
    """Return a row with so many significant digits of each float."""
    return {k: f"{v:.{digits}g}" if isinstance(v, float) else v for k, v in row.items()}
