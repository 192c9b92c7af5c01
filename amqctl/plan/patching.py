"""`patch:`, the last word on a rendered activemq.xml. Pure: text in, text out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amqctl.activemq.brokerxml import AMQ, BEANS
from amqctl.errors import BadTopology, Problem
from amqctl.plan.model import Files, Plan
from amqctl.topology.settled import XmlPatch

if TYPE_CHECKING:
    from lxml import etree

NAMESPACES = {"amq": AMQ, "beans": BEANS}


def patched(plan: Plan, files: Files) -> Files:
    """Every node's patches applied in order. Raises BadTopology with each patch that could not be."""
    out = {name: dict(texts) for name, texts in files.items()}
    nodes: dict[Problem, list[str]] = {}  # one patch under `defaults` fails alike for every broker
    for node in plan.nodes:
        if node.broker.patches:
            text, wrong = _apply(out[node.name]["activemq.xml"], node.broker.patches, plan.settled.source)
            out[node.name]["activemq.xml"] = text
            for problem in wrong:
                nodes.setdefault(problem, []).append(node.name)
    if nodes:
        raise BadTopology([replace(p, what=f"{_listed(names)}: {p.what}") for p, names in nodes.items()])
    return out


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _apply(xml: str, patches: tuple[XmlPatch, ...], source: str | None) -> tuple[str, list[Problem]]:
    from lxml import etree

    root = etree.fromstring(xml.encode())
    problems = []
    for patch in patches:

        def wrong(what: str, fix: str, patch: XmlPatch = patch) -> Problem:
            return Problem(f"patch at {patch.at}: {what}", fix, source, patch.line, 1 if patch.line else None)

        try:
            hits = root.xpath(patch.at, namespaces=NAMESPACES)
        except etree.XPathError as exc:
            problems.append(wrong(f"not an XPath: {exc}", "the prefixes are amq: and beans:"))
            continue
        elements = [h for h in hits if isinstance(h, etree._Element)] if isinstance(hits, list) else []
        if not elements:
            problems.append(wrong("finds no element", "amqctl render shows the file as it is before"))
        for element in elements:
            try:
                _change(element, patch)
            except (etree.XMLSyntaxError, ValueError) as exc:
                problems.append(
                    wrong(getattr(exc, "msg", "") or str(exc), "write one whole XML element, with its xmlns")
                )
    return etree.tostring(root, encoding="unicode", pretty_print=False) + "\n", problems


def _change(element: etree._Element, patch: XmlPatch) -> None:
    from lxml import etree

    if patch.append is not None:
        # no network, no entities: the fragment is the user's, but it may have been copied from anywhere
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        element.append(etree.fromstring(patch.append.encode(), parser))
    elif patch.set is not None:
        for key, value in patch.set.items():
            element.set(key, value)
    elif (parent := element.getparent()) is None:
        raise ValueError("the document itself cannot be removed")
    else:
        parent.remove(element)
