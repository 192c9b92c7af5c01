"""Host names that a broker asked for and did not get, as its log has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Java's own words; behind the second colon stands what the resolver said, of which the first is a name again:
#   java.net.UnknownHostException: mq1: mq1: Name or service not known
#   Failed to bind to server socket: tcp://mq1:61616 due to: java.net.UnknownHostException: mq1
_UNKNOWN = re.compile(r"UnknownHostException: ([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?=[:\s,;)|]|$)")
# or, where the name's address is asked for before the socket (run: 6.1.7):
#   Transport Connector could not be registered in JMX: java.net.UnknownHostException: mq1
_BOUND = re.compile(r"[Ff]ailed to bind to server socket: (\S+)|Connector could not be registered in JMX: (.*)")


def unresolved(lines: Iterable[str]) -> dict[str, str]:
    """Each name with the last line that tells of it."""
    found: dict[str, str] = {}
    for line in lines:
        if match := _UNKNOWN.search(line):
            found[match[1]] = line.strip()
    return found


def closed(lines: Iterable[str], name: str) -> bool:
    """Whether a connector that was to listen on `name` could not."""
    return any((match := _BOUND.search(line)) and name in (match[1] or match[2]) for line in lines)
