"""What rules need to know of releases. Also of those that amqctl does not run: foreign files come from anywhere.

Read from the tags activemq-5.9.0 to 6.3.1, as `activemq.versions` is; "I don't know" is None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

Release = tuple[int, int, int]

# change -> the releases that brought it, one a branch it went to
_CHANGES: Mapping[str, tuple[Release, ...]] = {
    "zk-session-timeout-spelled-right": ((5, 10, 1),),  # AMQ-5506; the page says 5.11
    "lease-io-handler": ((5, 11, 0),),
    "keep-alive-of-file-lock": ((5, 12, 0),),  # AMQ-4705; 5.9 has two of its nine commits
    "dbcp2": ((5, 12, 0),),
    "tmp-storage-left-alone": ((5, 13, 1),),  # AMQ-6005
    "leveldb-unsupported": ((5, 14, 2),),
    "postgresql-42-known": ((5, 15, 7),),  # AMQ-6780
    "mysql-connector-8-known": ((5, 17, 7), (5, 18, 4), (5, 19, 0), (6, 1, 0)),  # AMQ-9397
    "stop-on-error": ((5, 15, 13), (5, 16, 0)),  # AMQ-7473
    "replay-looks-at-selectors": ((5, 16, 0),),  # AMQ-6907
    # Queue.rollbackPendingCursorAdditions: not in the jar of 5.15.11, in that of 5.16.6; between them nobody looked
    "failed-send-may-hang": ((5, 16, 6),),  # apache/activemq#1731
    # came to its branches four days after the next one, so releases before that one's have it surely not
    "failed-send-mended": ((5, 19, 9), (6, 2, 8), (6, 3, 0)),
    "bridge-survives-its-handshake": ((5, 19, 9), (6, 2, 8), (6, 3, 0)),  # apache/activemq#1864
    "leveldb-removed": ((5, 17, 0),),  # AMQ-7502
    "network-consumers-rank-lower": ((5, 18, 0),),  # AMQ-5137, AMQ-7316
    "console-waits-for-broker-bean": ((5, 19, 6), (6, 2, 5)),
    "jetty-xml-gone": ((6, 3, 0),),
}


@lru_cache(maxsize=1024)
def has(version: str | None, change: str) -> bool | None:
    """Whether `version` has it; None for a version that is unknown."""
    release = _release(version)
    if release is None:
        return None
    brought = _CHANGES[change]
    # a branch has only what came to it: 5.17.7 has what 5.18.3 lacks
    same_line = [b for b in brought if b[:2] == release[:2]]
    if same_line:
        return release >= same_line[0]
    older = [b for b in brought if b[0] == release[0]]
    return release > max(older) if older else release > max(brought)


def line(version: str | None) -> tuple[int, int] | None:
    """(5, 16) of 5.16.6."""
    release = _release(version)
    return release[:2] if release else None


def _release(version: str | None) -> Release | None:
    match = re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[-.].*)?", version or "")
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
