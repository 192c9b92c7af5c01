"""Did you mean."""

from __future__ import annotations

from collections.abc import Iterable


def meant(word: str, known: Iterable[str]) -> str:
    """`did you mean X?`, or nothing where no known word is near."""
    import difflib  # only a mistake needs it

    by_fold = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f"did you mean {by_fold[close[0]]}?" if close else ""
