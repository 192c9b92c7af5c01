"""Who is whom among the brokers that are linted together: addresses, groups that share a store, links.

Files that amqctl did not make do not say which brokers form a group. Told are it by what is known
(a topology, a compose file), by one and the same store, and by a masterslave: or failover: list in
any of the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from amqctl.activemq.brokerxml.facts import Network, placeholder
from amqctl.activemq.brokerxml.uri import Uri
from amqctl.activemq.lint import stores
from amqctl.activemq.lint.model import Node

LOOPBACK = ("localhost", "127.0.0.1", "::1", "ip6-localhost")
ANY = ("0.0.0.0", "::", "")

Key = tuple[str, str]  # ("node", name) or ("address", "host:port")


@dataclass(frozen=True, slots=True)
class Link:
    """A connector of `node` seen from above: messages go from one group to another.

    forward: along the connector; False for the way back of a duplex one.
    """

    node: Node
    connector: Network
    source: str
    target: str
    forward: bool


class Cluster:
    """All of it is decided at construction; rules only ask."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        if len({node.name for node in nodes}) != len(nodes):
            raise ValueError("nodes need names of their own")
        self.nodes = tuple(nodes)
        self._by_host: dict[str, list[Node]] = {}
        self._by_port: dict[int, list[Node]] = {}
        for node in nodes:
            for host in node.hosts:
                self._by_host.setdefault(host, []).append(node)
            for port in node.facts.listens:
                self._by_port.setdefault(port, []).append(node)
        self.stores = {node.name: stores.identity(node) for node in nodes}
        self._by_store: dict[stores.Identity, list[Node]] = {}
        for node in nodes:
            if (mine := self.stores[node.name]) is not None:
                self._by_store.setdefault(mine, []).append(node)
        self._parents: dict[Key, Key] = {}
        self._join_groups()
        self._labels = self._label()
        self._members: dict[str, list[Node]] = {}
        for node in nodes:
            self._members.setdefault(self.group(node), []).append(node)
        self.links = tuple(self._links())
        self.distances = self._distances()
        self.longest = max((max(reach.values()) for reach in self.distances.values()), default=0)
        self.circular = self._circular()

    # --- groups

    def group(self, node: Node) -> str:
        """The group's name: as it is known, else that of one of its brokers."""
        return self._labels[self._root(("node", node.name))]

    def mates(self, node: Node) -> tuple[Node, ...]:
        """The other members of its group."""
        return tuple(n for n in self._members[self.group(node)] if n.name != node.name)

    def sharers(self, node: Node) -> tuple[Node, ...]:
        """Other brokers whose store, as far as its name tells, may be the same; see share()."""
        mine = self.stores[node.name]
        return tuple(n for n in self._by_store.get(mine, ()) if n.name != node.name) if mine else ()

    def one_group(self, node: Node, addresses: Iterable[Uri]) -> bool:
        """Whether all these addresses, as `node` sees them, are known to be members of one group."""
        roots = {self._root(self._key(node, address)) for address in addresses}
        return len(roots) == 1

    # --- addresses

    def at(self, node: Node, address: Uri) -> Node | None:
        """The broker that `node` reaches there, if it is among these; by name, whatever the port."""
        if address.host in LOOPBACK:
            return self._on_loopback(node, address)
        found = self._by_host.get(address.host, [])
        if len(found) > 1:  # one host, several brokers: the port tells
            found = [n for n in found if address.port in n.facts.listens]
        return found[0] if len(found) == 1 else None

    def _on_loopback(self, node: Node, address: Uri) -> Node | None:
        if address.port in node.facts.listens:
            return node
        near = [n for n in self._by_port.get(address.port or 0, ()) if self.same_machine(node, n)]
        return near[0] if len(near) == 1 else None

    def same_machine(self, one: Node, other: Node) -> bool:
        """Two that listen on one port cannot be on one machine; those that differ are taken to be."""
        if one.name == other.name:
            return True
        if one.machine is not None or other.machine is not None:
            return one.machine == other.machine
        mine, theirs = set(one.facts.listens), set(other.facts.listens)
        return bool(mine and theirs) and not mine & theirs

    def peers(self, node: Node, connector: Network) -> tuple[Node, ...]:
        """Brokers of these that the connector leads to, itself included if it does."""
        if connector.uri is None:
            return ()
        if connector.uri.scheme == "multicast":
            return tuple(n for n in self.nodes if n.name != node.name and _found_by(n, connector.uri))
        found = (self.at(node, leaf) for leaf in connector.uri.leaves)
        return tuple({n.name: n for n in found if n is not None}.values())

    # --- the network, group by group

    def _distances(self) -> Mapping[str, Mapping[str, int]]:
        """Hops of the shortest way from each group to each that messages can go."""
        ways: dict[str, set[str]] = {}
        for link in self.links:
            ways.setdefault(link.source, set()).add(link.target)
        return {start: _hops(start, ways) for start in dict.fromkeys(self.group(n) for n in self.nodes)}

    def _circular(self) -> bool:
        """Whether a message could come back on another way than it went."""
        edges = {frozenset((link.source, link.target)) for link in self.links}
        joined: dict[str, str] = {}

        def root(name: str) -> str:
            while name in joined:
                name = joined[name]
            return name

        for edge in sorted(edges, key=sorted):
            one, other = (root(name) for name in sorted(edge))
            if one == other:
                return True
            joined[one] = other
        return False

    def _links(self) -> Iterator[Link]:
        for node in self.nodes:
            here = self.group(node)
            for connector in node.facts.networks:
                for there in dict.fromkeys(self.group(peer) for peer in self.peers(node, connector)):
                    if there != here:
                        yield Link(node, connector, here, there, True)
                        if connector.duplex:
                            yield Link(node, connector, there, here, False)

    # --- joining

    def _label(self) -> Mapping[Key, str]:
        labels: dict[Key, str] = {}
        for node in self.nodes:
            root = self._root(("node", node.name))
            if node.group is not None or root not in labels:
                labels[root] = node.group or node.name
        return labels

    def _join_groups(self) -> None:
        known: dict[str, list[Node]] = {}
        for node in self.nodes:
            if node.group:
                known.setdefault(node.group, []).append(node)
        for bucket in (*known.values(), *self._by_store.values()):
            for one, other in zip(bucket, bucket[1:], strict=False):
                if self.share(one, other) and (one.group or other.group) == (other.group or one.group):
                    self._join(("node", one.name), ("node", other.name))
        for node in self.nodes:
            for connector in node.facts.networks:
                for part in connector.uri.walk() if connector.uri else ():
                    if part.scheme in ("masterslave", "failover"):
                        self._join_listed([self._key(node, leaf) for leaf in part.leaves])

    def share(self, one: Node, other: Node) -> bool:
        """Whether their stores are one, as far as can be told."""
        if one.group is not None and one.group == other.group:
            return True
        mine = self.stores[one.name]
        if mine is None or mine != self.stores[other.name]:
            return False
        return mine.everywhere or self.same_machine(one, other)

    def _join_listed(self, keys: list[Key]) -> None:
        known = {n.name: n.group for n in self.nodes if n.group is not None}
        groups = {known[name] for kind, name in keys if kind == "node" and name in known}
        if len(groups) < 2:  # what is known of groups is not undone by a list over several
            for key in keys[1:]:
                self._join(keys[0], key)

    def _key(self, node: Node, address: Uri) -> Key:
        found = self.at(node, address)
        return ("node", found.name) if found is not None else ("address", address.address)

    def _root(self, key: Key) -> Key:
        while key in self._parents:
            key = self._parents[key]
        return key

    def _join(self, one: Key, other: Key) -> None:
        first, second = sorted((self._root(one), self._root(other)), reverse=True)
        if first != second:
            self._parents[second] = first  # "node" sorts after "address", so a node names the group


def _found_by(node: Node, wanted: Uri) -> bool:
    """Whether a broker makes itself known where a multicast connector listens."""
    for transport in node.facts.transports:
        text = transport.attributes.get("discoveryUri")
        if text and not placeholder(text) and _multicast(text) == (wanted.host, wanted.port, _group(wanted)):
            return True
    return False


def _multicast(text: str) -> tuple[str, int | None, str]:
    from amqctl.activemq.brokerxml.uri import BadUri, parse

    try:
        uri = parse(text)
    except BadUri:
        return ("", None, "")
    return (uri.host, uri.port, _group(uri))


def _group(uri: Uri) -> str:
    return uri.options.get("group", "default")


def _hops(start: str, ways: Mapping[str, set[str]]) -> Mapping[str, int]:
    hops, edge, far = {start: 0}, [start], 0
    while edge:
        far += 1
        edge = sorted({there for here in edge for there in ways.get(here, ())} - set(hops))
        hops.update(dict.fromkeys(edge, far))
    return hops
