"""Files that only their user may read: most of what amqctl writes holds a password."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def write(path: Path, body: str | bytes, then: Callable[[Path], None] | None = None) -> None:
    """A whole file or none, mode 0600 from its first byte on; what is there, also with another mode, is replaced.

    then: what is done to it before it has its name, e.g. to give it to another user.
    """
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    # O_EXCL and the mode at creation: at no moment can another user read it, nor hand us a file of theirs
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(body.encode() if isinstance(body, str) else body)
    if then is not None:
        then(fresh)
    fresh.replace(path)
