"""One broker's facts -> its keys in a topology: connectors, attributes, limits, policies, patches."""

from __future__ import annotations

import re

from amqctl.activemq.brokerxml import attributes_of
from amqctl.activemq.brokerxml.facts import Policy, placeholder, truth
from amqctl.activemq.brokerxml.tree import Element
from amqctl.plan.importing.connectors import connectors
from amqctl.plan.importing.elements import append
from amqctl.plan.importing.model import Book, Found, Keys, quoted, scalar
from amqctl.plan.importing.rest import rest
from amqctl.topology.broker import RESERVED
from amqctl.topology.model.scalars import SIZE

# attributes of <broker> that amqctl sets, and what a person need not be told of
_SILENT = ("brokerName", "dataDirectory", "id", "start")
_LIMITS = {"memory": "percentOfJvmHeap", "store": "percentLimit", "temp": "percentLimit"}
_REPLAY = "conditionalNetworkBridgeFilterFactory"


def broker_keys(found: Found, book: Book, *, tls: bool, announced: bool = False) -> Keys:
    """Everything but `ports` and `activemq`, which depend on the other brokers. tls: `tls:` is written. announced: a
    link by multicast lets it be found."""
    keys: Keys = {}
    patches: list[Keys] = []
    keys["connectors"] = connectors(found, patches, book, tls=tls, announced=announced)
    if attributes := _attributes(found, book):
        keys["broker"] = attributes
    if usage := _usage(found, book):
        keys["usage"] = usage
    made = [_policy(found, policy, patches, book) for policy in found.node.facts.policies]
    if policies := [policy for policy in made if policy is not None]:
        keys["policies"] = policies
    rest(found, patches, book)
    if patches:
        keys["patch"] = patches
    if found.heap:
        keys["jvm"] = {"heap": found.heap}
    return keys


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
    for box in found.node.facts.element.all("systemUsage", "systemUsage"):
        _other_usage(found, box, book)
    return usage


def _other_usage(found: Found, box: Element, book: Book) -> None:
    for key, value in attributes_of(box).items():
        do = "`patch:` at //amq:systemUsage/amq:systemUsage can set it"
        book.leave(found, box, f"systemUsage {key}={value}", "it has no key", do)
    for child in box.children:
        if child.name not in ("property", *(f"{name}Usage" for name in _LIMITS)):
            book.leave(found, child, child.name, "it has no key", "`patch:` can append it")


def _policy(found: Found, policy: Policy, patches: list[Keys], book: Book) -> Keys | None:
    """None for one that is for no queue or topic by pattern."""
    if not {"queue", "topic"} & set(policy.attributes):
        whose = next((key for key in ("tempQueue", "tempTopic") if key in policy.attributes), "")
        what = f"policyEntry {whose}" if whose else "defaultEntry"
        do = 'write a policy for `queue: ">"` and `topic: ">"`'
        book.leave(found, policy.element, what, "it has no key", "`patch:` can append it" if whose else do)
        return None
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
    _policy_children(found, policy, made, patches, book)
    return made


def _policy_children(found: Found, policy: Policy, made: Keys, patches: list[Keys], book: Book) -> None:
    """Into `made` what has a key, else into `patches`."""
    pattern = quoted(policy.pattern)
    at = f"//amq:policyEntry[@{policy.destination}={pattern}]" if pattern else None
    for child in policy.element.children:
        if _is_replay(child):
            made["replayWhenNoConsumers"] = True
            if policy.destination == "queue":
                made.setdefault("enableAudit", True)  # amqctl would switch it off, which the file did not
        elif child.name != "property":
            append(found, child, at, patches, book)


def _is_replay(child: Element) -> bool:
    inner = child.children[0] if len(child.children) == 1 else None
    return (
        child.name == "networkBridgeFilterFactory"
        and inner is not None
        and inner.name == _REPLAY
        and dict(inner.attributes) == {"replayWhenNoConsumers": "true"}
        and not inner.children
    )
