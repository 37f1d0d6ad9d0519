"""The bibliography in one alphabet: names of groups among those of persons."""

from unicodedata import normalize

from pybtex.database import Entry
from pybtex.style.formatting.plain import Style
from pybtex.style.sorting.author_year_title import SortingStyle


class ByName(SortingStyle):
    """Sorts by author, year and title, as if names had no braces or accents."""

    def sorting_key(self, entry: Entry) -> tuple[str, ...]:
        """Return what is compared."""
        key = super().sorting_key(entry)
        plain = (normalize("NFKD", part).encode("ascii", "ignore") for part in key)
        return tuple(part.decode().replace("{", "").lower() for part in plain)


class Alphabetical(Style):
    """The plain style, in that order, for ``bibtex_default_style``."""

    default_sorting_style = "by_name"
