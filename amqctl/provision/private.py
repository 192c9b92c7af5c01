"""Files that only their user may read: most of what amqctl writes holds a password."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, body: str | bytes) -> None:
    """A whole file or none, mode 0600 from its first byte on; what is there, also with another mode, is replaced."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    # O_EXCL and the mode at creation: at no moment can another user read it, nor hand us a file of theirs
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(body.encode() if isinstance(body, str) else body)
    fresh.replace(path)
