"""Discovery URIs that a topology gives as they are: whether ActiveMQ could read them at all. Pure.

What they mean, and whether they are wise, is lint's to say.
"""

from __future__ import annotations

import re

# java.net.URI: these are never legal, and "other" characters beyond ASCII are, but for blanks and controls
_ILLEGAL = re.compile(r'[\s\x00-\x20\x7f-\xa0"<>\\^`{|}\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]')
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def fault(uri: str) -> tuple[str, str] | None:
    """What is wrong with it and what to do; None where nothing is."""
    if not _SCHEME.match(uri):
        return f'"{uri}" is no URI', 'write e.g. "static:(tcp://dc2.example:61616)"'
    if found := _ILLEGAL.search(uri):
        return f"uri has a character that no URI may have: {found[0]!r}", f"write %{ord(found[0]):02X} for it"
    if _BROKEN.search(uri):
        return "uri has a % without two hexadecimal digits", "write %25 for a per cent sign"
    depth = 0
    for char in uri:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            break
    if depth:
        return "uri has parentheses that do not match", "close each that was opened"
    if "multicast:" in uri.lower():
        fix = "write `multicast: {}`: which network interface it uses is the runtime's to say"
        return "uri is for addresses; multicast has a key of its own", fix
    return None
