"""Network connectors -> links between groups, or an entry in the book for what leads elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from amqctl.activemq.brokerxml.facts import Destination, Network, placeholder
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.brokerxml.uri import Uri
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.versions import caps
from amqctl.errors import BadUsage
from amqctl.plan.importing.elements import xml
from amqctl.plan.importing.model import Book, Found, Keys, group_name, quoted, scalar, unique
from amqctl.plan.importing.multicast import SCHEME, Multicast
from amqctl.topology import discovery
from amqctl.topology.connector import RESERVED
from amqctl.topology.model.scalars import PRINCIPAL

# child of <networkConnector> -> the key of `destinations:` that stands for it
_BOXES = {
    "dynamicallyIncludedDestinations": "included",
    "excludedDestinations": "excluded",
    "staticallyIncludedDestinations": "static",
}
_LISTS = ("static", "simple", "masterslave")  # discovery URIs that name addresses
_LOGIN = ("userName", "password", "remoteUserName", "remotePassword")
# what masterslave: says by itself (MasterSlaveDiscoveryAgent)
_BY_MASTERSLAVE = {"randomize": "false", "maxReconnectAttempts": "0"}


class Links:
    """groups: name -> its members, in order. called: a node's name in the topology.
    patches: by broker, grows; of what a connector has that no key stands for. announced: grows; nodes whose
    discoveryUri is part of a link. tls: `tls:` is written."""

    def __init__(
        self, cluster: Cluster, groups: Mapping[str, Sequence[Found]], called: Mapping[str, str], book: Book, *,
        tls: bool,
    ) -> None:  # fmt: skip
        self.cluster, self.groups, self.called, self.book = cluster, groups, called, book
        self.names = {found.node.name: name for name, members in groups.items() for found in members}
        self.ends = {called[node]: group for node, group in self.names.items()}
        self.patches: dict[str, list[Keys]] = {}
        self.multicast = Multicast(groups, called, book, tls=tls)
        self.announced = self.multicast.announced

    def all(self) -> list[Keys]:
        links: list[Keys] = []
        for group, members in self.groups.items():
            seen: dict[str, tuple[Keys, Network, list[Found]]] = {}
            for found in members:
                for network in found.node.facts.networks:
                    link = self.link(group, found, network)
                    if link is not None:
                        seen.setdefault(repr(link), (link, network, []))[2].append(found)
            for link, network, declarers in seen.values():
                whole = len(declarers) == len(members)
                for its in [declarers] if whole else [[one] for one in declarers]:
                    start = group if whole else self.called[its[0].node.name]
                    self.add(links, link | {"from": start}, network, its)
        for meeting in self.multicast.meetings():
            rest = self.attributes(meeting.declarers[0], meeting.first)
            link = meeting.link | ({"set": rest} if rest else {})
            self.add(links, link, meeting.first, meeting.declarers)
        return links

    def link(self, group: str, found: Found, network: Network) -> Keys | None:
        """Without `from`, which is known when all members have been looked at."""
        leave, element = self.book.leave, network.element
        what = f"{network.kind} {network.name or '(no name)'}"
        uri = network.uri
        if network.kind == "networkConnector" and uri is not None and uri.scheme == SCHEME:
            return None  # many of these make one link
        if network.kind != "networkConnector" or uri is None or not uri.scheme:
            text = uri.text if uri else "no uri"
            leave(found, element, what, f"{text}: is not carried over", "write a link with `to:`")
            return None
        peers = self.cluster.peers(found.node, network)
        targets = list(dict.fromkeys(self.names[peer.name] for peer in peers))
        if not targets:
            return self.outside(found, network, uri)
        if targets == [group]:
            why = f"it leads from {group} to itself, whose members share one store: a bridge to nowhere"
            leave(found, element, what, why, "nothing; the file is better without it")
            return None
        if len(targets) > 1 or group in targets:
            why = f"it leads to several groups ({', '.join(targets)}) at once"
            leave(found, element, what, why, "a link for each group")
            return None
        return self.made(group, found, network, uri, targets[0], peers)

    def outside(self, found: Found, network: Network, uri: Uri) -> Keys | None:
        """To brokers that were not imported."""
        leave, element, what = self.book.leave, network.element, f"networkConnector {network.name or '(no name)'}"
        wrong = ""
        if placeholder(uri.text):
            wrong = "what stands for it cannot be told"
        elif uri.scheme not in _LISTS:
            wrong = f"{uri.scheme}: is not carried over"
        elif fault := discovery.fault(uri.text):
            wrong = fault[0]
        if wrong:
            leave(found, element, what, f"{uri.text}: {wrong}", "write a link with `uri:`")
            return None
        why = f"it leads to {_addresses(uri)}, which is none of these brokers: this cluster will connect there"
        leave(found, element, what, why, "import those brokers too, or remove the link where that is not wanted")
        link: Keys = {"name": group_name(network.name or f"to-{uri.leaves[0].host or 'outside'}"), "uri": uri.text}
        link |= self.login(found, network, link["name"])
        if network.duplex:
            link["duplex"] = True
        if rest := self.attributes(found, network, apart=_LOGIN):
            link["set"] = rest
        return link

    def login(self, found: Found, network: Network, name: str) -> Keys:
        """As whom it logs in there."""
        said = network.attributes
        user, password = (said.get(far) or said.get(both) or "" for far, both in zip(_LOGIN[2:], _LOGIN, strict=False))
        if not user:
            return {}
        why = ""
        if not re.match(PRINCIPAL, user) or placeholder(user) or placeholder(password) or not password:
            why = "its user and password there cannot be told"
        elif password.startswith("ENC("):
            why = "its password there is encrypted"
        elif _one_user(found.node.version):
            why = f"ActiveMQ {found.node.version} logs in at both ends of a bridge as one user"
        if why:
            do = "`user:` and `password:` of the link, from 5.16.4 on; else security.network.user must be known there"
            self.book.leave(found, network.element, f"networkConnector {network.called}", why, do)
            return {}
        return {"user": user, "password": self.book.secret(f"{name}-{user}", password)}

    def made(self, group: str, found: Found, network: Network, uri: Uri, target: str, peers: Sequence[Node]) -> Keys:
        members = self.groups[target]
        via, options = self.via(found, network, uri)
        whole = len(peers) > 1 or len(peers) == len(members)
        if 1 < len(peers) < len(members):
            why, do = f"it leads to some brokers of {target}", "nothing: the link leads to all of them"
            self.book.leave(found, network.element, f"networkConnector {network.called}", why, do)
        link: Keys = {
            "name": group_name(network.name or f"{group}-{target}"),
            "to": target if whole else self.called[peers[0].name],
        }
        if network.name is None:
            why, do = "it has no name, and a link needs one", f"nothing: it is called {link['name']}"
            self.book.leave(found, network.element, f"networkConnector to {target}", why, do)
        if whole and len(members) > 1 and via == "static":
            link["via"] = "static"
        if network.duplex:
            link["duplex"] = True
        if rest := self.attributes(found, network):
            link["set"] = rest
        if options:
            link["options"] = options
        return link

    def via(self, found: Found, network: Network, uri: Uri) -> tuple[str, Keys]:
        what = f"networkConnector {network.called}"
        via, part = uri.scheme, uri
        if len(uri.parts) == 1 and uri.parts[0].scheme == "failover":
            via, part = "masterslave", uri.parts[0]
        elif uri.scheme == "failover":
            via = "masterslave"
        for inner in {id(p): p for p in (part, *uri.leaves)}.values():
            for key, value in inner.options.items() if inner is not uri else ():
                if _BY_MASTERSLAVE.get(key) != value:
                    self.book.leave(
                        found,
                        network.element,
                        what,
                        f"the option {key}={value} of an address in its uri",
                        "amqctl writes the addresses: `patch:` can set the uri",
                    )
        if via != uri.scheme and uri.scheme == "failover":
            self.book.leave(found, network.element, what, "failover: by itself", "nothing: masterslave: does the same")
            return via, {}
        options = {k: scalar(v) for k, v in uri.options.items() if not placeholder(v)}
        return ("static" if via != "masterslave" else via), options

    def attributes(self, found: Found, network: Network, apart: Sequence[str] = ()) -> Keys:
        """What `set:` takes. apart: what was seen to already."""
        rest: Keys = {}
        what = f"networkConnector {network.called}"
        for key, value in network.attributes.items():
            if key in apart:
                continue
            if key in _LOGIN:
                self.book.leave(
                    found,
                    network.element,
                    what,
                    "its user and password",
                    "nothing: bridges log in as security.network.user",
                )
            elif key in RESERVED:
                continue
            elif placeholder(value):
                self.book.leave(
                    found, network.element, f"{what} {key}", f"what {value} is cannot be told", "write its value"
                )
            else:
                rest[key] = scalar(value)
        return rest

    def add(self, links: list[Keys], link: Keys, network: Network, declarers: Sequence[Found]) -> None:
        first = declarers[0]
        if link.get("duplex") and any(self.is_double(link, other) for other in links):
            why = "the other side declares a duplex connector too: every bridge would be there twice"
            self.book.leave(
                first, network.element, f"networkConnector {link['name']}", why, "nothing, or `duplex: false` on both"
            )
            return
        name = unique(link["name"], [other["name"] for other in links])
        if name != link["name"]:
            why = f"another connector is called {link['name']}"
            self.book.leave(
                first, network.element, f"networkConnector {link['name']}", why, f"nothing: it is called {name} here"
            )
        leading = {key: link[key] for key in ("from", "to", "uri", "multicast") if key in link}
        carried = self.destinations(first, network, name, declarers)
        links.append({"name": name} | leading | {k: v for k, v in link.items() if k != "name"} | carried)
        self.book.origins[f"network.{len(links) - 1}"] = f"{first.file}:{network.element.line}"

    def is_double(self, link: Keys, other: Keys) -> bool:
        def ends(one: Keys) -> tuple[str, str]:
            here, there = str(one["from"]), str(one["to"])
            return self.ends.get(here, here), self.ends.get(there, there)

        if not all("from" in one and "to" in one for one in (link, other)):
            return False
        return bool(other.get("duplex")) and ends(link) == ends(other)[::-1]

    def destinations(self, found: Found, network: Network, name: str, declarers: Sequence[Found]) -> Keys:
        """Which messages it carries. What no key stands for becomes a patch of every broker that declares the link."""
        carried: Keys = {}
        boxes = {"included": network.included, "excluded": network.excluded, "static": network.static}
        for child in network.element.children:
            role = _BOXES.get(child.name)
            if role is not None and all(map(_has_key, boxes[role])) and _plain(child):
                carried[role] = [{one.kind: one.pattern} for one in boxes[role]]
                continue
            text = xml(child) if role is not None else None
            if text is None:
                if child.name != "property":
                    self.book.leave(found, child, f"{child.name} of {name}", "it has no key", "`patch:` can append it")
                continue
            patch = {"at": f"//amq:networkConnector[@name={quoted(name)}]", "append": text}
            for declarer in declarers:
                self.patches.setdefault(declarer.node.name, []).append(patch)
        return {"destinations": carried} if carried else {}


def _addresses(uri: Uri) -> str:
    return ", ".join(leaf.address for leaf in uri.leaves[:3]) + (", …" if len(uri.leaves) > 3 else "")


def _has_key(destination: Destination) -> bool:
    return destination.kind in ("queue", "topic") and bool(destination.pattern) and not placeholder(destination.pattern)


def _plain(box: Element) -> bool:
    """Whether the names of its destinations are all it says."""
    return all(set(child.attributes) <= {"physicalName"} and not child.children for child in box.children)


def _one_user(version: str | None) -> bool:
    """Whether a bridge has one user for both its ends. Not known: the default of amqctl is used, which has two."""
    try:
        return version is not None and "remotePassword" in caps(version).absent.get("networkConnector", {})
    except BadUsage:
        return False
