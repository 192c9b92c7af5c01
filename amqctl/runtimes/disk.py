"""What a disk refuses, said to a person; a tree that is to be gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amqctl.errors import CannotRun, Problem


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """An OSError of what is in here becomes CannotRun. path: said where the error names none."""
    try:
        yield
    except OSError as exc:
        reason = exc.strerror or str(exc)
        problem = Problem(f"{exc.filename or path}: {reason}", "make room or mend the permissions")
        raise CannotRun([problem]) from exc


def delete(directory: Path) -> None:
    """Absent is fine. Raises CannotRun."""
    try:
        shutil.rmtree(directory)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise CannotRun(
            [Problem(f"{exc.filename}: {exc.strerror}", "delete it yourself, then run this again")]
        ) from exc
