"""What went over each link, by the counters at both of its ends. Pure.

The declarer has a NetworkBridge MBean. The other side of a duplex link has one too (`#N`); of a one-way link
it has a connection `<connector>_<brokerName>_outbound`, whose producer counts what it has sent
(DemandForwardingBridgeSupport.startRemoteBridge; seen on 5.18.3 and 6.1.7).
"""

from __future__ import annotations

from dataclasses import dataclass

from amqctl.cluster.sight.model import Bridge, Connection, NodeLook, Sight
from amqctl.topology.settled import SettledLink


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link. enqueued, dequeued: sent from here; received: come to here; None is not known.

    waiting: what the broker has still to write to the bridge's connection.
    """

    group: str
    node: str | None
    declares: bool
    enqueued: int | None = None
    dequeued: int | None = None
    received: int | None = None
    address: str | None = None
    blocked: bool | None = None
    slow: bool | None = None
    waiting: int | None = None


def ends(link: SettledLink, sight: Sight) -> tuple[End, End]:
    """The declarer's end first. An end without a bridge has no counters: they go with it."""
    near, far = sight.master(link.from_group), sight.master(link.to_group)
    names = sight.look.names
    here = _near(link, near, names.get(far.node) if far else None)
    there = _far(link, far, names.get(near.node) if near else None)
    return here, there


def _near(link: SettledLink, near: NodeLook | None, remote: str | None) -> End:
    mine = [b for b in near.bridges if b.connector == link.called] if near else []
    # outside this cluster nobody is asked who the other side is
    bridge = next((b for b in mine if b.remote == remote or not link.to_group), None)
    return _end(link.from_group, near, True, bridge, None, None)


def _far(link: SettledLink, far: NodeLook | None, remote: str | None) -> End:
    client = f"{link.called}_{remote}_outbound"
    connection = next((c for c in far.connections if c.client.startswith(client)), None) if far else None
    bridge = None
    if far is not None:
        found = [b for b in far.bridges if b.passive and b.remote == remote]
        # several duplex links from one broker: the connection's address says which bridge is this one's
        exact = [b for b in found if connection is not None and _tail(b.address) == _tail(connection.address)]
        bridge = next(iter(exact), found[0] if len(found) == 1 else None)
    received = far.sent.get(connection.client) if far and connection and bridge is None else None
    return _end(link.to_group or link.leads_to, far, False, bridge, connection, received)


def _end(
    group: str, look: NodeLook | None, declares: bool, bridge: Bridge | None, connection: Connection | None,
    received: int | None,
) -> End:  # fmt: skip
    return End(
        group=group,
        node=look.node if look else None,
        declares=declares,
        enqueued=bridge.enqueued if bridge else None,
        dequeued=bridge.dequeued if bridge else None,
        received=bridge.received if bridge else received,
        address=bridge.address if bridge else connection.address if connection else None,
        blocked=connection.blocked if connection else None,
        slow=connection.slow if connection else None,
        waiting=connection.waiting if connection else None,
    )


def _tail(address: str) -> str:
    """host:port, whatever the scheme and host name before it."""
    return address.rpartition("/")[2]
