"""caps() knows what each line of ActiveMQ needs, and refuses by name what amqctl cannot run."""

from __future__ import annotations

import pytest

from amqctl.activemq.versions import _JAVA, LAST, TRIED, caps
from amqctl.errors import BadUsage

# version -> web family, oldest Java, logging, Jolokia (access file, POST only, read only), JAAS,
# decreaseNetworkConsumerPriority
FACTS = {
    "5.9.1": ("5.9-5.12", 6, "log4j1", (False, False, False), False, "false"),
    "5.12.3": ("5.9-5.12", 7, "log4j1", (False, False, False), False, "false"),
    "5.13.0": ("5.13-5.19", 7, "log4j1", (False, False, False), False, "false"),
    "5.14.0": ("5.13-5.19", 7, "log4j1", (False, False, False), False, "false"),
    "5.15.11": ("5.13-5.19", 8, "log4j1", (False, False, False), False, "false"),
    "5.16.6": ("5.13-5.19", 8, "log4j1", (False, False, False), False, "false"),
    "5.17.0": ("5.13-5.19", 11, "log4j2", (False, False, False), False, "false"),
    "5.17.1": ("5.13-5.19", 11, "log4j2", (True, False, False), False, "false"),
    "5.17.4": ("5.13-5.19", 11, "log4j2", (True, False, True), False, "false"),
    "5.18.3": ("5.13-5.19", 11, "log4j2", (True, False, True), False, "true"),
    "5.19.6": ("5.13-5.19", 11, "log4j2", (True, False, True), False, "true"),
    "5.19.10": ("5.13-5.19", 11, "log4j2", (True, True, True), False, "true"),
    "6.0.1": ("6.0-6.2", 17, "log4j2", (True, False, True), True, "true"),
    "6.1.7": ("6.0-6.2", 17, "log4j2", (True, False, True), True, "true"),
    "6.2.5": ("6.0-6.2", 17, "log4j2", (True, False, True), True, "true"),
    "6.2.6": ("6.0-6.2", 17, "log4j2", (True, True, True), True, "true"),
    "6.3.1": ("6.3", 17, "log4j2", (True, True, True), True, "true"),
}


@pytest.mark.parametrize("version", FACTS)
def test_what_a_version_is_like(version: str) -> None:
    family, java, logging, jolokia, jaas, priority = FACTS[version]
    known = caps(version)
    assert (known.web_family, known.java_min, known.logging) == (family, java, logging)
    assert (known.jolokia.access_file, known.jolokia.post_only, known.jolokia.read_only) == jolokia
    assert known.jolokia.origin_needed == known.jolokia.access_file
    assert known.web.jaas is jaas
    assert ("," not in known.web.path_spec) is jaas  # Jetty 11 refuses a list
    assert known.defaults["networkConnector.decreaseNetworkConsumerPriority"] == priority
    assert bool(known.add_opens) is not jaas
    assert known.leveldb is (java < 11)
    assert version.startswith(known.line + ".")


@pytest.mark.parametrize(
    ("attribute", "without", "with_it"),
    [
        ("autoStart", ["5.18.7", "6.0.1", "6.1.7"], ["5.19.0", "6.2.0"]),
        ("remoteUserName", ["5.15.16", "5.16.3"], ["5.16.4", "6.0.0"]),
        ("clientIdToken", ["5.15.2"], ["5.15.3"]),
        ("advisoryPrefetchSize", ["5.13.2"], ["5.13.3", "6.1.7"]),
        ("syncDurableSubs", ["5.13.5"], ["5.14.0"]),
    ],
)
def test_attributes_that_came_later(attribute: str, without: list[str], with_it: list[str]) -> None:
    for version in without:
        assert attribute in caps(version).absent["networkConnector"], version
    for version in with_it:
        assert attribute not in caps(version).absent["networkConnector"], version


@pytest.mark.parametrize(
    ("ident", "has", "has_not"),
    [
        (
            "CVE-2023-46604",
            ["5.13.0", "5.15.15", "5.16.6", "5.17.5", "5.18.2"],
            ["5.15.16", "5.16.7", "5.17.6", "5.18.3", "6.0.0"],
        ),
        ("CVE-2022-41678", ["5.16.5", "5.17.3"], ["5.16.6", "5.17.4", "5.18.0", "6.0.0"]),
        ("CVE-2024-32114", ["6.0.0", "6.1.1"], ["5.18.3", "6.1.2"]),
        ("CVE-2026-34197", ["5.18.7", "5.19.3", "6.1.7", "6.2.2"], ["5.19.4", "6.2.3"]),
        ("CVE-2016-3088", ["5.13.5"], ["5.14.0"]),
    ],
)
def test_vulnerabilities_hold_for_exactly_the_version(ident: str, has: list[str], has_not: list[str]) -> None:
    for version in has:
        assert ident in {v.id for v in caps(version).vulnerabilities}, version
    for version in has_not:
        assert ident not in {v.id for v in caps(version).vulnerabilities}, version


def test_a_fix_is_a_version_that_has_it() -> None:
    for version in FACTS:
        for hole in caps(version).vulnerabilities:
            line = hole.fixed_in.rsplit(".", 1)[0]
            assert line.split(".")[0] == version.split(".")[0]
            assert hole.id not in {v.id for v in caps(hole.fixed_in).vulnerabilities}
            assert hole.what


def test_what_was_never_run_is_said() -> None:
    assert "never run" in (caps("6.3.1").untried or "")
    assert not any(caps(version).untried for version in TRIED)
    assert {caps(v).line for v in LAST} == {f"{a}.{b}" for a, b in _JAVA}, "the last release of every line"


def test_the_first_release_of_5_9_is_refused_with_its_successor() -> None:
    with pytest.raises(BadUsage, match="its Jolokia is a part of hawtio") as caught:
        caps("5.9.0")
    assert "5.9.1" in caught.value.hint


@pytest.mark.parametrize(
    ("version", "index"), [("5.9.1", 5), ("5.11.4", 5), ("5.12.0", 6), ("5.15.16", 6), ("5.16.0", 7)]
)
def test_the_index_that_kahadb_writes(version: str, index: int) -> None:
    assert caps(version).kahadb == index


@pytest.mark.parametrize("version", ["4.1.2", "5.8.0", "5.20.0", "6.4.0", "7.0.0"])
def test_unknown_lines(version: str) -> None:
    with pytest.raises(BadUsage, match=version):
        caps(version)


@pytest.mark.parametrize("version", ["", "6", "6.1", "6.1.x", "6.1.7.1", "6.1.-7", "٦.1.7", "6.1.99999"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(BadUsage, match="not an ActiveMQ version"):
        caps(version)
