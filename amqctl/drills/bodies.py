"""What drills put into messages: an id, a blank, and as much more as is asked for. Pure."""

from __future__ import annotations

import hashlib
import random

BIG = 10_000  # characters from which on a delivered message's digest is worth recording


def small(key: str, size: int) -> str:
    return f"{key} ".ljust(size, "x")


def big(key: str, size: int) -> str:
    """The same for the same key. Nothing in it repeats: what is cut off, or compressed wrongly, must show."""
    rest = max(0, size - len(key) - 1)
    return f"{key} " + random.Random(key).randbytes(rest // 2 + 1).hex()[:rest]


def facts(body: str) -> dict[str, object]:
    """Bytes and digest, for the history."""
    data = body.encode()
    return {"bytes": len(data), "digest": hashlib.sha256(data).hexdigest()}
