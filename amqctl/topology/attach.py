"""A file that names a cluster which amqctl did not start: brokers, where they are, how one gets in. Pure.

name: prod
user: watcher                 # of the console and of the connectors
passwordFile: prod.password   # or password: …, in a file that only you can read
trust: ca.pem                 # where all of it is TLS
groups:
  a:
    brokers:
      amq1: {console: "http://h1:8161", openwire: "tcp://h1:61616", stomp: "tcp://h1:61613", config: amq1.xml}
      amq2: {console: "http://h2:8161", openwire: "tcp://h2:61616"}
links:                        # what should be there; what is there is found
  - {name: a-to-b, from: a, to: b, duplex: true}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amqctl.errors import BadTopology, Problem
from amqctl.topology.words import meant
from amqctl.topology.yamltext import Marks, Reader

KINDS = ("openwire", "stomp", "amqp", "mqtt")  # whose handshake tells a master
PORTS = {"console": 8161, "openwire": 61616, "stomp": 61613, "amqp": 5672, "mqtt": 1883}
_SCHEMES = {
    "console": ("http", "https"), "openwire": ("tcp", "nio", "ssl", "nio+ssl"),
    "stomp": ("tcp", "stomp", "stomp+nio", "ssl", "stomp+ssl", "stomp+nio+ssl"),
    "amqp": ("tcp", "amqp", "ssl", "amqps", "amqp+ssl"), "mqtt": ("tcp", "mqtt", "ssl", "mqtt+ssl"),
}  # fmt: skip
_URL = re.compile(
    r"(?:(?P<scheme>[a-z+]+)://)?(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?(?P<rest>/.*)?"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PATHS = ("", "/", "/admin", "/admin/", "/api/jolokia", "/api/jolokia/")

_TOP = ("name", "user", "password", "passwordFile", "trust", "groups", "links")
_GROUP = ("brokers",)
_LOGIN = ("user", "password", "passwordFile")
_BROKER = ("console", *KINDS, "brokerName", "config", *_LOGIN)
_LINK = ("name", "from", "to", "duplex")


@dataclass(frozen=True, slots=True)
class Who:
    """How one gets in. password: as written, None where a file has it."""

    user: str
    password: str | None = field(repr=False)
    password_file: str | None


@dataclass(frozen=True, slots=True)
class AttachedBroker:
    """ports: by kind, "console" and those of KINDS that are named. broker_name: where several are in one JVM.
    config: its activemq.xml, for lint. tls: whether its addresses say so."""

    name: str
    group: str
    host: str
    ports: Mapping[str, int]
    who: Who
    tls: bool = False
    broker_name: str | None = None
    config: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredLink:
    name: str
    from_: str
    to: str
    duplex: bool


@dataclass(frozen=True, slots=True)
class AttachFile:
    """source: the file's name. trust: a PEM file with whom to believe."""

    name: str
    source: str
    brokers: tuple[AttachedBroker, ...]
    links: tuple[DeclaredLink, ...] = ()
    trust: str | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(b.group for b in self.brokers))

    @property
    def password_files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(b.who.password_file for b in self.brokers if b.who.password_file))

    @property
    def holds_passwords(self) -> bool:
        return any(b.who.password is not None for b in self.brokers)


def read_attach(text: str, source: str) -> AttachFile:
    """Raises BadTopology with every problem, each with line and column."""
    reader = Reader(source)
    root = reader.read(text)
    problems = list(reader.problems)
    if root is None or not isinstance(root.data, dict):
        fix = "write `groups:` with brokers and their addresses; docs/seeing.md has the shape"
        raise BadTopology(problems or [Problem("this is no map (key: value)", fix, source, 1, 1)])
    checker = _Checker(root.data, Marks(root), source)
    found = checker.file()
    problems += checker.problems
    if problems:
        raise BadTopology(sorted(problems, key=lambda p: (p.line or 0, p.column or 0)))
    return found


class _Checker:
    def __init__(self, data: Mapping[str, Any], marks: Marks, source: str) -> None:
        self.data = data
        self.marks = marks
        self.source = source
        self.problems: list[Problem] = []

    def file(self) -> AttachFile:
        self._known(self.data, (), _TOP)
        groups = self._map(self.data.get("groups"), ("groups",))
        if not groups:
            self._say("no groups", "groups: {a: {brokers: {amq1: {console: …}}}}", ("groups",))
        brokers = [b for name in groups for b in self._group(name, groups[name])]
        for name in {b.name for b in brokers if sum(o.name == b.name for o in brokers) > 1}:
            twice = [b.group for b in brokers if b.name == name]
            self._say(f"{name} is in {' and '.join(twice)}", "name each broker once", ("groups", twice[-1]))
        trust = self._text("trust", self.data, ())
        plain = [b.name for b in brokers if not b.tls]
        if brokers and any(b.tls for b in brokers) and plain:
            what = f"some addresses are TLS, those of {', '.join(plain)} are not"
            self._say(what, "all of a cluster or nothing: split the file", ("groups",))
        elif brokers and not plain and trust is None:
            self._say("TLS, and no `trust`", "trust: a PEM file with the authority's certificate", ())
        elif plain and trust is not None:
            self._say("`trust`, and no address is TLS", "write https://, ssl://, stomp+ssl://", ("trust",))
        return AttachFile(
            self._text("name", self.data, ()) or "attached", self.source, tuple(brokers), self._links(groups), trust
        )

    def _group(self, name: str, data: Any) -> list[AttachedBroker]:
        path = ("groups", name)
        self._named(name, path)
        group = self._map(data, path)
        self._known(group, path, _GROUP)
        brokers = self._map(group.get("brokers"), (*path, "brokers"))
        if not brokers:
            self._say(f"{name} has no brokers", "brokers: {amq1: {console: …}}", path)
        found = [self._broker(n, name, brokers[n]) for n in brokers]
        return [b for b in found if b is not None]

    def _broker(self, name: str, group: str, data: Any) -> AttachedBroker | None:
        path = ("groups", group, "brokers", name)
        self._named(name, path)
        broker = self._map(data, path)
        self._known(broker, path, _BROKER)
        urls = {kind: url for kind in PORTS if (url := self._url(kind, broker, path)) is not None}
        if not urls:
            self._say(f"{name} has no address", "console: http://HOST:8161", path)
            return None
        hosts = list(dict.fromkeys(host for host, _, _ in urls.values()))
        if len(hosts) > 1:
            what = f"the addresses of {name} are on several hosts: {', '.join(hosts)}"
            self._say(what, "one host a broker: name the one from which all its ports are reached", path)
        who = self._who(broker, path)
        if len({tls for _, _, tls in urls.values()}) > 1:
            self._say(f"some addresses of {name} are TLS, others are not", "leave out the ones that differ", path)
        return AttachedBroker(
            name=name,
            group=group,
            host=hosts[0],
            ports={kind: port for kind, (_, port, _) in urls.items()},
            who=who,
            tls=next(iter(urls.values()))[2],
            broker_name=self._text("brokerName", broker, path),
            config=self._text("config", broker, path),
        )

    def _who(self, broker: Mapping[str, Any], path: Sequence[str | int]) -> Who:
        """The broker's own, else the file's. A user of its own needs a password of its own."""
        own = any(broker.get(key) is not None for key in _LOGIN)
        data, where = (broker, path) if own else (self.data, ())
        user, password = self._text("user", data, where), self._text("password", data, where)
        file = self._text("passwordFile", data, where)
        if user is None:
            self._say("no `user`", "user: and passwordFile:, for all at the top or for one broker", where)
        elif (password is None) is (file is None):
            what = "no password" if password is None else "both password and passwordFile"
            self._say(what, "write one of `password` and `passwordFile`", where)
        return Who(user or "", password, file)

    def _url(self, kind: str, broker: Mapping[str, Any], path: Sequence[str | int]) -> tuple[str, int, bool] | None:
        text = self._text(kind, broker, path)
        if text is None:
            return None
        here = (*path, kind)
        match = _URL.fullmatch(text)
        if match is None:
            self._say(f"{kind}: {text} is no address", f"{_SCHEMES[kind][0]}://HOST:{PORTS[kind]}", here)
            return None
        scheme, port = match["scheme"] or _SCHEMES[kind][0], int(match["port"] or PORTS[kind])
        if scheme not in _SCHEMES[kind]:
            self._say(f"{kind}: {scheme}:// is not spoken there", "one of " + ", ".join(_SCHEMES[kind]), here)
        if not 0 < port < 65536:
            self._say(f"{kind}: no port {port}", "a port is 1 to 65535", here)
        if kind == "console" and (match["rest"] or "") not in _PATHS:
            fix = "amqctl asks /api/jolokia/ of the web console; another path is not supported"
            self._say(f"{kind}: path {match['rest']}", fix, here)
        return match["host"].strip("[]"), port, scheme == "https" or scheme.endswith("ssl") or scheme == "amqps"

    def _links(self, groups: Mapping[str, Any]) -> tuple[DeclaredLink, ...]:
        data = self.data.get("links")
        if data is None:
            return ()
        if not isinstance(data, list):
            self._say("links is a list", "- {name: a-to-b, from: a, to: b}", ("links",))
            return ()
        found = []
        for number, one in enumerate(data):
            path = ("links", number)
            link = self._map(one, path)
            self._known(link, path, _LINK)
            texts = {key: self._text(key, link, path) for key in ("name", "from", "to")}
            for key, text in texts.items():
                if text is None:
                    self._say(f"a link without `{key}`", "name: of its network connector; from, to: groups", path)
                elif key != "name" and groups and text not in groups:
                    self._say(f"no group {text}", meant(text, groups) or ", ".join(groups), (*path, key))
            duplex = link.get("duplex", False)
            if not isinstance(duplex, bool):
                self._say("duplex is true or false", "", (*path, "duplex"))
            found.append(DeclaredLink(texts["name"] or "", texts["from"] or "", texts["to"] or "", duplex is True))
        return tuple(found)

    def _map(self, data: Any, path: Sequence[str | int]) -> Mapping[str, Any]:
        if data is None:
            return {}
        if not isinstance(data, dict):
            self._say(f"{path[-1]} is a map (key: value)", "", path)
            return {}
        return data

    def _text(self, key: str, data: Mapping[str, Any], path: Sequence[str | int]) -> str | None:
        value = data.get(key)
        if value is None:
            return None
        if isinstance(value, dict | list | bool):
            self._say(f"{key} is a text", "", (*path, key))
            return None
        return str(value)

    def _known(self, data: Mapping[str, Any], path: Sequence[str | int], known: Sequence[str]) -> None:
        for key in data:
            if key not in known:
                fix = meant(str(key), known) or "known here: " + ", ".join(known)
                self._say(f"no key {key} here", fix, (*path, key), key=True)

    def _named(self, name: str, path: Sequence[str | int]) -> None:
        if not _NAME.fullmatch(name):
            self._say(f"{name!r} is no name", "letters, digits, dot, dash and underscore", path, key=True)

    def _say(self, what: str, fix: str, path: Sequence[str | int], *, key: bool = False) -> None:
        place = (self.marks.key(path) if key else self.marks.value(path)) or (1, 1)
        problem = Problem(what, fix, self.source, *place)
        if problem not in self.problems:
            self.problems.append(problem)
