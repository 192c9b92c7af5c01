"""A Report as JUnit XML: a test case a drill and group.

invalid is a failure, unknown an error (the test could not tell), skipped skipped. The takeover is the
case's time. Every system that reads JUnit reads this subset.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from amqctl.drills.results import DrillResult, Report

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {"invalid": "failure", "unknown": "error", "skipped": "skipped"}


def junit(report: Report) -> str:
    def count(verdict: str) -> str:
        return str(sum(1 for d in report.drills if d.verdict == verdict))

    suite = ET.Element(
        "testsuite", name=_clean(f"amqctl failover-test {report.cluster}"), tests=str(len(report.drills)),
        failures=count("invalid"), errors=count("unknown"), skipped=count("skipped"),
        timestamp=report.started.rstrip("Z"),
    )  # fmt: skip
    properties = ET.SubElement(suite, "properties")
    for name, value in {"profile": report.profile, **{f"group {g}": w for g, w in report.facts.items()}}.items():
        ET.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    for drill in report.drills:
        _case(suite, drill)
    if report.caveats:
        ET.SubElement(suite, "system-out").text = _clean("\n".join(report.caveats))
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, drill: DrillResult) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=_clean(f"amqctl.{drill.name}"), name=_clean(drill.group),
        time=f"{drill.takeover_seconds or 0:.3f}",
    )  # fmt: skip
    if tag := _TAGS.get(drill.verdict):
        attributes = {"message": _clean(drill.because)}
        node = ET.SubElement(case, tag, attributes if tag == "skipped" else attributes | {"type": drill.verdict})
        if drill.verdicts:
            node.text = _clean("\n".join(f"{_word(v.valid)}: {v.claim}: {v.because}" for v in drill.verdicts))


def _word(valid: bool | None) -> str:
    return {True: "valid", False: "invalid", None: "unknown"}[valid]


def _clean(text: str) -> str:
    """Characters that XML 1.0 cannot hold at all, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)
