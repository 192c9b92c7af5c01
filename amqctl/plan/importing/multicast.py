"""Who looks for whom by multicast -> a `multicast:` link for each multicast group, or entries in the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amqctl.activemq.brokerxml.facts import Network, placeholder
from amqctl.activemq.brokerxml.uri import BadUri, Uri, parse
from amqctl.plan.importing.connectors import transports
from amqctl.plan.importing.model import Book, Found, Keys, group_name, scalar
from amqctl.topology.multicast import ANYWHERE, OF_RUNTIMES, OPTIONS

SCHEME = "multicast"
DISCOVERED = "discovered."  # prefix of options for each address that is found (DISCOVERED_OPTION_PREFIX)
_GROUP = "group"
_ELSE = "write a link with `to:` for each, or `multicast: {}`"

Where = tuple[str, int | None, str]  # address, port, multicast group


@dataclass(frozen=True, slots=True)
class Meeting:
    """A link without its name's uniqueness, and who declares its connector. first: its declarer's."""

    link: Keys
    first: Network
    declarers: Sequence[Found]


class Multicast:
    """groups: name -> its members, in order. called: a node's name in the topology.
    announced: grows; nodes whose discoveryUri is part of a link. tls: `tls:` is written."""

    def __init__(
        self, groups: Mapping[str, Sequence[Found]], called: Mapping[str, str], book: Book, *, tls: bool
    ) -> None:
        self.groups, self.called, self.book, self.tls = groups, called, book, tls
        self.announced: set[str] = set()

    def meetings(self) -> list[Meeting]:
        looking: dict[Where, list[tuple[Found, Network]]] = {}
        announcing: dict[Where, list[Found]] = {}
        for found in (one for members in self.groups.values() for one in members):
            for network in found.node.facts.networks:
                if network.kind == "networkConnector" and network.uri is not None and network.uri.scheme == SCHEME:
                    looking.setdefault(_where(network.uri), []).append((found, network))
            if (uri := _announcement(found, tls=self.tls)) is not None:
                announcing.setdefault(_where(uri), []).append(found)
        made = (self._meeting(those, announcing.get(where, []), len(looking)) for where, those in looking.items())
        return [meeting for meeting in made if meeting is not None]

    def _meeting(
        self, looking: Sequence[tuple[Found, Network]], announcing: Sequence[Found], count: int
    ) -> Meeting | None:
        """count: of multicast groups in all."""
        first, network = looking[0]
        uri = network.uri
        assert uri is not None  # or it would not be looking
        if placeholder(uri.text):
            self._left(looking, f"what {uri.text} is cannot be told", "write its value")
            return None
        if not announcing:
            why = f"{uri.text}: none of these brokers announces itself there with an openwire connector"
            self._left(looking, why, _ELSE)
            return None
        found = self._ends(announcing)
        ends = self._ends([one for one, _ in looking])
        link: Keys = {"name": group_name(network.name or SCHEME)}
        if set(ends) != set(found):
            if len(ends) > 1:
                why = f"{', '.join(ends)} look for others there, and {', '.join(found)} are found"
                self._left(looking, why, _ELSE)
                return None
            link["from"] = ends[0]
        link["multicast"], transport = self._options(first, network, uri, alone=count == 1)
        if found != list(self.groups):
            link["groups"] = found
        if network.duplex and len(ends) > 1:
            why = "duplex, while each side finds the other: every bridge would be there twice"
            self.book.leave(first, network.element, _what(network), why, "nothing: both ways are there without")
        elif network.duplex:
            link["duplex"] = True
        if transport:
            link["transport"] = transport
        self._same(looking)
        self.announced |= {one.node.name for one in announcing}
        return Meeting(link, network, list({one.node.name: one for one, _ in looking}.values()))

    def _left(self, looking: Sequence[tuple[Found, Network]], why: str, do: str) -> None:
        for found, network in looking:
            self.book.leave(found, network.element, _what(network), why, do)

    def _ends(self, those: Sequence[Found]) -> list[str]:
        """Groups of which all do it, and single brokers of the others, in the topology's order."""
        doing = {found.node.name for found in those}
        ends = []
        for group, members in self.groups.items():
            its = [one for one in members if one.node.name in doing]
            if len(its) == len(members):
                ends.append(group)
            elif len(its) == 1:
                ends.append(self.called[its[0].node.name])
            elif its:
                why = f"only {', '.join(one.node.name for one in its)} of {group} have it"
                self.book.leave(its[0], its[0].node.facts.element, "multicast", why, "nothing: the whole group has it")
                ends.append(group)
        return ends

    def _options(self, found: Found, network: Network, uri: Uri, *, alone: bool) -> tuple[Keys, Keys]:
        """Of `multicast:`, and of `transport:`."""
        options: Keys = {}
        transport: Keys = {}
        if uri.host != ANYWHERE or uri.port is not None:
            options["address"] = uri.host if uri.port is None else f"{uri.host}:{uri.port}"
        for key, value in uri.options.items():
            what = f"{_what(network)} {key}={value}"
            if key == _GROUP:
                if not alone:
                    options[key] = value
                elif value != ANYWHERE:
                    why = "it is the cluster's name, so that two clusters of one machine do not meet"
                    self.book.leave(found, network.element, what, why, "nothing, or write `multicast: {group: …}`")
            elif key in OPTIONS:
                options[key] = scalar(value)
            elif key.startswith(DISCOVERED):
                transport[key.removeprefix(DISCOVERED)] = scalar(value)
            elif key in OF_RUNTIMES:
                why = "which network interface is used is the runtime's to say"
                self.book.leave(found, network.element, what, why, "nothing")
            else:
                self.book.leave(found, network.element, what, "multicast: has no such option", "nothing")
        return options, transport

    def _same(self, looking: Sequence[tuple[Found, Network]]) -> None:
        """Where two look in another way, the first one's holds for all, and is said."""
        first, network = looking[0]
        for other, its in looking[1:]:
            mine, theirs = (dict(n.attributes) | {"uri": n.uri.text if n.uri else ""} for n in (network, its))
            differ = [k for k in sorted(mine.keys() | theirs.keys()) if mine.get(k) != theirs.get(k)]
            if differ:
                why = f"{', '.join(differ)} are not as at {first.node.name}, and one link has one of each"
                self.book.leave(other, its.element, _what(its), why, f"nothing: as at {first.node.name}")


def _what(network: Network) -> str:
    return f"networkConnector {network.name or '(no name)'}"


def _where(uri: Uri) -> Where:
    return uri.host, uri.port, uri.options.get(_GROUP, ANYWHERE)


def _announcement(found: Found, *, tls: bool) -> Uri | None:
    """Of the connector that bridges come to; others that announce themselves are told of where connectors are."""
    transport = transports(found, tls=tls).get("openwire")
    text = transport.attributes.get("discoveryUri") if transport else None
    if not text or placeholder(text):
        return None
    try:
        uri = parse(text)
    except BadUri:
        return None
    return uri if uri.scheme == SCHEME else None
