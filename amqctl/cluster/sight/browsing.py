"""A look at the messages themselves, which are only browsed.

STOMP shows neither a message's broker path nor its group, but selects by them. JMSActiveMQBrokerPath is the path as
Arrays.toString writes it, "[ID:…, ID:…]", and "null" where there is none (PropertyExpression).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from amqctl.cluster import stomp
from amqctl.cluster.model import Address, Login
from amqctl.cluster.sight.traced import Browsed

MOST = 400  # messages browsed: ActiveMQ pages in this many for a browser (BaseDestination.MAX_BROWSE_PAGE_SIZE)
PATIENCE = 3.0  # seconds for a browse
UNKNOWN = "a broker that is not known"
GROUPS = 20  # message groups that are told apart, of one consumer
LOOKS = 300  # browses to find out which ways messages came

Count = Callable[[str], int]  # selector -> how many of the messages it selects
Next = Callable[[Sequence[str]], Sequence[str]]  # path so far -> brokers that may come after, the likely ones first


def browse(
    address: Address, login: Login, queue: str, selectors: Sequence[str], groups: Mapping[str, str], after: Next
) -> Browsed | None:
    """None where the broker cannot be browsed. groups: message group -> the consumer that has it."""

    def count(selector: str | None) -> int:
        with stomp.connect(address, login, PATIENCE) as client:
            headers = {"selector": selector} if selector else None
            client.browse(f"/queue/{queue}", headers=headers)
            seen = 0
            while (message := client.receive(PATIENCE)) is not None and not message.end_of_browse:
                seen += 1
            if message is None:
                raise stomp.Indeterminate(f"{address}: the browse did not end")
            return seen

    with suppress(stomp.ClientError):
        total = count(None)
        matching = {s: count(s) for s in selectors}
        return Browsed(total, total < MOST, routes(count, total, after), matching, grouped(count, groups))
    return None


def grouped(count: Count, groups: Mapping[str, str]) -> dict[str, int]:
    """How many messages are of which group: asked by consumer first, since there may be a thousand groups."""
    found = {}
    for owner in dict.fromkeys(groups.values()):
        mine = [group for group, of in groups.items() if of == owner]
        left = count(f"JMSXGroupID IN ({', '.join(map(_quoted, mine))})")
        for group in mine[:GROUPS]:
            if left <= 0:
                break
            if number := count(f"JMSXGroupID = {_quoted(group)}"):
                found[group] = number
            left -= number
    return found


def routes(count: Count, total: int, after: Next) -> dict[tuple[str, ...], int]:
    """Which ways the messages came: a path is followed from its first broker on, as long as messages have it. Of
    those that passed brokers that are no more, only how many they were."""
    travelled = count("JMSActiveMQBrokerPath <> 'null'")
    found: dict[tuple[str, ...], int] = {(): total - travelled} if total > travelled else {}
    begun: list[tuple[tuple[str, ...], int]] = [((), travelled)]
    looks = 0
    while begun:
        path, number = begun.pop(0)
        for broker in after(path):
            if number <= 0 or looks >= LOOKS:
                break
            longer = (*path, broker)
            here, on = (count(_path(longer, end)) for end in ("]", ", %"))
            looks += 2
            if here:
                found[longer] = here
            if on:
                begun.append((longer, on))
            number -= here + on
    _lengths(count, travelled, found)
    return found


def _lengths(count: Count, travelled: int, found: dict[tuple[str, ...], int]) -> None:
    """Hops are commas and one: they can be counted where brokers are not known."""
    hops, these = 1, travelled
    while these > 0 and travelled > sum(n for path, n in found.items() if path):
        longer = count("JMSActiveMQBrokerPath LIKE '%" + ", %" * hops + "'")
        known = sum(n for path, n in found.items() if len(path) == hops)
        if these - longer > known:
            found[(UNKNOWN,) * hops] = these - longer - known
        hops, these = hops + 1, longer


def _path(path: Sequence[str], end: str) -> str:
    return f"JMSActiveMQBrokerPath {'=' if end == ']' else 'LIKE'} '[{', '.join(path)}{end}'"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
