"""One broker's facts -> its keys in a topology: connectors, attributes, limits, policies, patches."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from amqctl.activemq.brokerxml.facts import Policy, Transport, placeholder, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.activemq.ownconf import kind
from amqctl.plan.importing.elements import xml
from amqctl.plan.importing.model import Book, Found, Keys, quoted, scalar
from amqctl.topology.broker import RESERVED
from amqctl.topology.model.scalars import SIZE

# children of <broker> that other keys stand for, or that are amqctl's own in every file
_ELSEWHERE = (
    "destinationPolicy", "managementContext", "networkConnectors", "persistenceAdapter", "persistenceFactory",
    "plugins", "systemUsage", "transportConnectors", "shutdownHooks", "property", "jobSchedulerStore", "sslContext",
    "tempDataStore",
)  # fmt: skip
# attributes of <broker> that amqctl sets, and what a person need not be told of
_SILENT = ("brokerName", "dataDirectory", "id", "start")
_LIMITS = {"memory": "percentOfJvmHeap", "store": "percentLimit", "temp": "percentLimit"}
_REPLAY = "conditionalNetworkBridgeFilterFactory"


def broker_keys(found: Found, book: Book, announced: Collection[str] = ()) -> Keys:
    """Everything but `ports` and `activemq`, which depend on the other brokers. announced: nodes that a link by
    multicast lets be found."""
    keys: Keys = {}
    patches: list[Keys] = []
    keys["connectors"] = _connectors(found, patches, book, found.node.name in announced)
    if attributes := _attributes(found, book):
        keys["broker"] = attributes
    if usage := _usage(found, book):
        keys["usage"] = usage
    if policies := [_policy(found, policy, patches, book) for policy in found.node.facts.policies]:
        keys["policies"] = policies
    _rest(found, patches, book)
    if patches:
        keys["patch"] = patches
    if found.heap:
        keys["jvm"] = {"heap": found.heap}
    return keys


def transports(found: Found) -> Mapping[str, Transport]:
    """By kind, those that become connectors: the first of each."""
    chosen: dict[str, Transport] = {}
    for transport in found.node.facts.transports:
        name = kind(transport)
        if name is not None and name not in chosen:
            chosen[name] = transport
    return chosen


def _connectors(found: Found, patches: list[Keys], book: Book, announced: bool) -> Keys:
    chosen = transports(found)
    for transport in found.node.facts.transports:
        what = f"transportConnector {transport.name or transport.uri.text}"
        if transport not in chosen.values():
            why = (
                "it is a second one of its kind" if kind(transport) else f"{transport.uri.scheme}: is not carried over"
            )
            do = (
                "`tls:` encrypts all connectors"
                if "ssl" in transport.uri.scheme
                else "add it with `patch:` if it is needed"
            )
            book.leave(found, transport.element, what, why, do)
            continue
        if transport.uri.scheme not in ("tcp", "stomp", "ws", "amqp", "mqtt"):
            book.leave(
                found,
                transport.element,
                what,
                f"{transport.uri.scheme}: becomes {kind(transport)} with a thread for each connection",
                "nothing, below some hundred connections",
            )
        rest = {k: v for k, v in transport.attributes.items() if k not in ("name", "uri")}
        if rest.pop("discoveryUri", None) and not (announced and kind(transport) == "openwire"):
            book.leave(
                found,
                transport.element,
                what,
                "discoveryUri: it announces itself by multicast",
                "links name groups: write `network:`",
            )
        if rest:
            at = f'//amq:transportConnector[@name="{kind(transport)}"]'
            patches.append({"at": at, "set": {key: scalar(value) for key, value in rest.items()}})
    return {name: _options(found, t, book) for name, t in chosen.items()} or {"openwire": {}}


def _options(found: Found, transport: Transport, book: Book) -> Keys:
    options: Keys = {}
    for key, value in transport.uri.options.items():
        if placeholder(value) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", key):
            book.leave(
                found,
                transport.element,
                f"{key} of {transport.name}",
                f"what {value} is cannot be told",
                "write its value",
            )
        else:
            options[key] = scalar(value)
    return options


def _attributes(found: Found, book: Book) -> Keys:
    facts, attributes = found.node.facts, {}
    for key, value in facts.attributes.items():
        if key in _SILENT or (key == "persistent" and truth(value)):
            continue
        what = f"broker {key}={value}"
        if key in RESERVED:
            book.leave(found, facts.element, what, RESERVED[key], "nothing")
        elif placeholder(value):
            book.leave(
                found, facts.element, what, "what stands for it cannot be told", "write its value under `broker:`"
            )
        else:
            attributes[key] = scalar(value)
    return attributes


def _usage(found: Found, book: Book) -> Keys:
    usage: Keys = {}
    for name, element in found.node.facts.limits.items():
        share = element.attributes.get(_LIMITS[name])
        limit = element.attributes.get("limit")
        value = f"{share}%" if share else re.sub(r"\s+", "", limit.lower()) if limit else None
        if value is not None and re.search(SIZE, value):
            usage[name] = value
        else:
            book.leave(found, element, f"{name}Usage", "no size that can be read", f"write usage.{name}")
        for key in sorted(set(element.attributes) - {"limit", _LIMITS[name]}):
            book.leave(found, element, f"{name}Usage {key}", "it has no key", "`patch:` can set it")
    return usage


def _policy(found: Found, policy: Policy, patches: list[Keys], book: Book) -> Keys:
    made: Keys = {policy.destination: policy.pattern}
    for key, value in policy.attributes.items():
        if key == policy.destination or key in ("queue", "topic"):
            continue
        if placeholder(value):
            book.leave(
                found, policy.element, f"policyEntry {key}", f"what {value} is cannot be told", "write its value"
            )
        else:
            made[key] = scalar(value)
    for child in policy.element.children:
        if _is_replay(child):
            made["replayWhenNoConsumers"] = True
            if policy.destination == "queue":
                made.setdefault("enableAudit", True)  # amqctl would switch it off, which the file did not
        elif child.name != "property":
            pattern = quoted(policy.pattern)
            at = f"//amq:policyEntry[@{policy.destination}={pattern}]" if pattern else None
            _append(found, child, at, patches, book)
    return made


def _is_replay(child: Element) -> bool:
    inner = child.children[0] if len(child.children) == 1 else None
    return (
        child.name == "networkBridgeFilterFactory"
        and inner is not None
        and inner.name == _REPLAY
        and dict(inner.attributes) == {"replayWhenNoConsumers": "true"}
        and not inner.children
    )


def _append(found: Found, element: Element, at: str | None, patches: list[Keys], book: Book) -> None:
    text = xml(element)
    if text is None or at is None:
        why = "it has a placeholder, which amqctl's own file would not resolve"
        book.leave(found, element, element.name, why, "add it with `patch:`, with values")
    else:
        patches.append({"at": at, "append": text})


def _rest(found: Found, patches: list[Keys], book: Book) -> None:
    """What else is in <broker>, and beside it."""
    facts = found.node.facts
    for child in facts.element.children:
        if child.name not in _ELSEWHERE:
            _append(found, child, "//amq:broker", patches, book)
    if facts.temp_store is not None:
        book.leave(
            found,
            facts.temp_store,
            "tempDataStore",
            "it names a directory of another machine",
            "nothing: each broker has its own",
        )
    if facts.job_store is not None:
        book.leave(
            found,
            facts.job_store,
            "jobSchedulerStore",
            "the group's scheduler store is amqctl's to place",
            "`broker: {schedulerSupport: true}`",
        )
    if facts.ssl is not None:
        book.leave(
            found,
            facts.ssl,
            "sslContext",
            "its key stores are files of another machine",
            "`tls:`, with a generated CA or these key stores",
        )
    context = facts.management
    if context is not None and {k: v for k, v in context.attributes.items() if k != "createConnector"} | (
        {"createConnector": "true"} if truth(context.attributes.get("createConnector")) else {}
    ):
        book.leave(
            found,
            context,
            "managementContext",
            "amqctl renders its own: Jolokia, no RMI connector",
            "`patch:` if RMI is needed",
        )
    for element in facts.element.all("destinationPolicy", "policyMap", "defaultEntry"):
        book.leave(found, element, "defaultEntry", "it has no key", 'write a policy for `queue: ">"` and `topic: ">"`')
    for one in facts.imports:
        if one.resource.rpartition("/")[2].startswith("jetty"):
            book.leave(
                found,
                one.element,
                one.resource,
                "amqctl renders its own console and Jolokia",
                "`conf:` runs these files as they are",
            )
        else:
            book.leave(
                found,
                one.element,
                one.resource,
                "imported files are not looked into",
                "`conf:` runs these files as they are",
            )
    source = facts.store.source if facts.store else None
    for bean in facts.beans:
        simple = bean.cls.rpartition(".")[2]
        known = ("PropertyPlaceholderConfigurer", "PropertySourcesPlaceholderConfigurer", "SpringContextHook")
        if simple not in known and bean.ident != source and bean.element not in _inside(facts.element):
            book.leave(
                found,
                bean.element,
                f"bean {bean.ident or simple}",
                "amqctl renders no beans of others",
                "`conf:` runs these files as they are",
            )


def _inside(broker: Element) -> list[Element]:
    return list(broker.walk())
