"""What brokers write about their lock. The text is the same in all lines from 5.9 on, except where said.

Of a file lock that was had there is no line: the first thing done under it, reading the store's version, stands
for it. A slave on a database-locker writes nothing while the database lets it wait.
"""

from __future__ import annotations

import re
from typing import Literal

# attempting: asks for it. waiting: another has it. master: had. failing: it could not be renewed or looked
# after, which alone ends nothing. lost: and so it stops being master.
LockWord = Literal["attempting", "waiting", "master", "failing", "lost"]

_LINES: tuple[tuple[LockWord, re.Pattern[str]], ...] = (
    ("attempting", re.compile(r"(?i)attempting to acquire (the )?exclusive (lock|lease)|Not enough cluster members")),
    ("waiting", re.compile(r"Failed to acquire lock|failed to acquire lease|Lease held by .* till"
                           r"|is locked by another server|is locked\.\.\. waiting"  # waiting: 5.9 to 5.11
                           r"|Slave started|Attaching to master")),
    ("master", re.compile(r"KahaDB is version|Becoming the master on dataSource"
                          r"|becoming master with lease expiry|Promoted to master")),
    ("failing", re.compile(r"Failed to update database lock|failed to update lease")),
    ("lost", re.compile(r"no longer able to keep the exclusive lock|no longer lock owner with|Demoted to slave")),
)  # fmt: skip


def word(text: str) -> LockWord | None:
    """What a log line says of the lock; None for most."""
    return next((kind for kind, pattern in _LINES if pattern.search(text)), None)
