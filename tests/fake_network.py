"""A fake network of brokers: links over any distance, consumers that compete, and the sins of both."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amqctl.cluster.model import Address, Login
from amqctl.cluster.outcomes import Message, NotConnected
from amqctl.drills.target import LinkView
from tests.fakes import DEAD_LETTERS, FakeClient, FakeCluster, Node, Sins


@dataclass(frozen=True)
class NetSins(Sins):
    """Each False or 0 is honest."""

    short_ttl: bool = False  # messages pass one link and no second
    leaks: bool = False  # one-way links carry back too
    conduit: bool = False  # all consumers behind a link are one, whatever is claimed
    no_conduit: bool = False  # each consumer behind a link is one of its own, whatever is claimed
    local_only: bool = False  # nothing crosses while somebody consumes here
    ignores_exclusive: bool = False
    hands_over: bool = False  # after 20 messages another exclusive consumer is served, though the first is there
    forgets_groups: bool = False  # a message group goes to whoever asks
    one_bucket: bool = False  # all message groups go to one consumer
    shuffles: bool = False  # the second message comes before the first
    no_replay: bool = False  # nothing goes back to where it came from
    deaf_bridge: bool = False  # after a takeover at its far end a link carries nothing
    mourns: bool = False  # a link to a master whose slave has died carries nothing
    slow_bridge: float = 0.0  # seconds more
    late_unseen: bool = False  # who was away is not found again
    stranger: str = ""  # a broker of another cluster that is found
    few_connections: int = 0  # the slave takes no more than these
    last_wins: bool = False  # the last listed becomes master though another is


@dataclass
class _Subscription:
    client: FakeClient
    node: Node
    destination: str
    exclusive: bool
    taken: int = 0


class FakeNetwork(FakeCluster):
    """prefetches: a consumer over a link draws all that lies at the other end, or as many as `draws` says. single:
    groups of one broker."""

    def __init__(
        self, groups: Sequence[str], links: Sequence[LinkView], *, sins: NetSins | None = None, members: int = 1,
        prefetches: bool = False, draws: int | None = None, single: Sequence[str] = (), takeover: float = 0.03,
    ) -> None:  # fmt: skip
        super().__init__(groups, sins=sins or NetSins(), links=links, members=members, takeover=takeover)
        self.net = sins or NetSins()
        self.prefetches, self.draws = prefetches, draws
        self.subscriptions: list[_Subscription] = []
        self.owners: dict[tuple[str, int, str], FakeClient] = {}
        self.paths: dict[str, set[str]] = {}
        self.clients: Counter[str] = Counter()
        self.served_since = dict.fromkeys(groups, 0.0)
        self.mourned: set[str] = set()  # waiting brokers that died
        for group in single:
            for name in self.members[group][1:]:
                del self.nodes[name]
            del self.members[group][1:]

    # ── links

    def upstream(self, group: str) -> list[str]:
        """Groups whose messages may come here, the nearest first."""
        found: list[str] = []
        edge = [group]
        while edge:
            edge = [s for here in edge for s, there in self._edges() if there == here and s not in (*found, group)]
            edge = list(dict.fromkeys(edge))
            found += edge
            if self.net.short_ttl:
                break
        return found

    def _edges(self) -> list[tuple[str, str]]:
        out = []
        for link in self.links():
            out.append((link.from_group, link.to_group))
            if (link.duplex or self.net.leaks) and not self.net.one_way:
                out.append((link.to_group, link.from_group))
        return [edge for edge in out if self._carries(edge[1])]

    def _carries(self, to: str) -> bool:
        """Whether a bridge to this group is up: its first master's, or one that found the next."""
        master = self.masters[to]
        if master is None or (self.net.mourns and self.mourned & set(self.members[to])):
            return False
        again = any(self.nodes[name].generation for name in self.members[to])
        if again and self.net.deaf_bridge:
            return False
        return not again or time.monotonic() >= self.served_since[to] + self.net.slow_bridge

    def peers(self) -> Mapping[str, tuple[str, ...] | None]:
        here = [g for g in self.members if self.master(g)]
        if self.net.late_unseen:
            here = [g for g in here if not any(self.nodes[n].generation for n in self.members[g])]
        links = {(k.from_group, k.to_group) for k in self.links() if k.discovers}
        found = {g: tuple(o for o in here if (g, o) in links) for g in self.members if self.master(g)}
        more = (self.net.stranger,) if self.net.stranger else ()
        return {g: (*names, *more) for g, names in found.items()}

    def _settle(self, group: str) -> None:
        before = self.masters[group]
        super()._settle(group)
        if before is None and self.masters[group] is not None:
            self.served_since[group] = time.monotonic()

    def kill(self, node: str) -> None:
        if self.role(node) == "waiting":
            self.mourned.add(node)
        super().kill(node)

    def start(self, node: str) -> None:
        super().start(node)
        self.mourned.discard(node)
        members = self.members[self.nodes[node].group]
        if self.net.last_wins and node == members[-1] and self.masters[self.nodes[node].group]:
            self.masters[self.nodes[node].group] = node

    # ── consumers

    def connect(self, address: Address, login: Login, timeout: float) -> FakeClient:
        node = next(n for n in self.nodes.values() if n.port == address.port)
        first = self.members[node.group][0] == node.name
        with self.lock:
            if self.net.few_connections and not first and self.clients[node.name] >= self.net.few_connections:
                raise NotConnected(f"{address}: exceeded the maximum number of allowed client connections")
            client = super().connect(address, login, timeout)
            self.clients[node.name] += 1
            return client

    def joined(self, client: FakeClient, destination: str, exclusive: bool) -> None:
        with self.lock:
            self.subscriptions.append(_Subscription(client, client._node, destination, exclusive))

    def left(self, client: FakeClient) -> None:
        with self.lock:
            self.subscriptions = [s for s in self.subscriptions if s.client is not client]

    def take(self, node: Node, destination: str, client: FakeClient) -> Message | None:
        with self.lock:
            mine = next((s for s in self.subscriptions if s.client is client and s.destination == destination), None)
            sources = [node.group, *self.upstream(node.group)]
            for source in sources if mine else ():
                master = self.masters[source]
                waiting = self._store(master).get(destination, []) if master else []
                if not waiting or (source != node.group and self._barred(waiting[0], node.group)):
                    continue
                if destination != DEAD_LETTERS and self._chosen(waiting[0], source, destination) is not mine:
                    continue
                assert mine is not None
                mine.taken += 1
                taken = waiting.pop(1 if self.net.shuffles and len(waiting) > 1 else 0)
                if self.prefetches and source != node.group:
                    self._draw(waiting, source, node, destination)
                return taken
        return None

    def _barred(self, message: Message, group: str) -> bool:
        return self.net.no_replay and group in self.paths.get(message.id, ())

    def _draw(self, waiting: list[Message], source: str, node: Node, destination: str) -> None:
        drawn = waiting[: self.draws]
        for message in drawn:
            self.paths.setdefault(message.id, set()).add(source)
        self._store(node.name).setdefault(destination, []).extend(drawn)
        del waiting[: self.draws]

    def _chosen(self, message: Message, source: str, destination: str) -> _Subscription | None:
        """Whose turn it is: message groups and exclusive consumers first, else who had least."""
        subs = [s for s in self.subscriptions if s.destination == destination and s.client.alive]
        subs = [s for s in subs if s.node.group == source or source in self.upstream(s.node.group)]
        here = [s for s in subs if s.node.group == source]
        if self.net.local_only and here:
            subs = here
        exclusive = [s for s in here if s.exclusive]
        if exclusive and not self.net.ignores_exclusive:
            return exclusive[-1 if self.net.hands_over and exclusive[0].taken >= 20 else 0]
        group = message.headers.get("JMSXGroupID")
        if group and here and not self.net.forgets_groups:
            return self._owner(here, group)
        if group and self.net.forgets_groups:
            return min(subs, key=lambda s: s.taken // 4)  # four in a row: six groups over three would fall into step
        lanes: dict[str, list[_Subscription]] = {}
        conduit = not self.net.no_conduit and (self.net.conduit or any(link.conduit for link in self.links()))
        for number, sub in enumerate(subs):
            far = sub.node.group != source
            lanes.setdefault(sub.node.group if conduit and far else f"#{number}", []).append(sub)
        if not lanes:
            return None
        lane = min(lanes.values(), key=lambda members: sum(s.taken for s in members))
        return min(lane, key=lambda s: s.taken)

    def _owner(self, here: list[_Subscription], group: str) -> _Subscription:
        node = here[0].node
        key = (node.name, node.generation, group)
        owner = next((s for s in here if s.client is self.owners.get(key)), None)
        if owner is None:
            owned = Counter(id(client) for (name, _, _), client in self.owners.items() if name == node.name)
            owner = here[0] if self.net.one_bucket else min(here, key=lambda s: owned[id(s.client)])
            self.owners[key] = owner.client
        return owner
