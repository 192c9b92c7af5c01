"""All that differs between ActiveMQ versions. Nobody else compares versions: ask `caps(version)`.

Facts are read from the tags 5.9.0 to 6.3.1 of the ActiveMQ sources: pom.xml, assembly/src/release/conf,
org.apache.activemq.network.NetworkBridgeConfiguration. Vulnerabilities are from the project's own
security advisories; only those that matter to a broker on this machine's loopback or a lab network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from amqctl.activemq.networkconnector import KINDS
from amqctl.errors import BadUsage

WebFamily = Literal["5.9-5.12", "5.13-5.19", "6.0-6.2", "6.3"]
Logging = Literal["log4j1", "log4j2"]
Pool = Literal["dbcp1", "dbcp2"]
Release = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One advisory that holds for exactly this version. fixed_in: the nearest version above without it."""

    id: str
    what: str
    fixed_in: str


@dataclass(frozen=True, slots=True)
class Jolokia:
    """How the console's Jolokia answers.

    access_file: it reads jolokia-access.xml. origin_needed: requests must carry an Origin header.
    post_only, read_only: what the shipped access file permits (`exec` and `write` are refused).
    """

    path: str
    access_file: bool
    origin_needed: bool
    post_only: bool
    read_only: bool


@dataclass(frozen=True, slots=True)
class Web:
    """What a jetty.xml of this version needs.

    jaas: the realm is a JAASLoginService over users.properties and groups.properties, else a
    HashLoginService over jetty-realm.properties. path_spec: of the security constraint; Jetty 11
    refuses a list of paths. sni: its Jetty (9.4 and later; 5.15 began with 9.2) has an SslContextFactory
    for servers, and compares the server's name in a TLS greeting with its certificate. jetty: its major
    version. patient: BrokerService.waitUntilStarted takes no time-out and waits for ever, and WebConsolePort knows no
    host (5.9).
    """

    jaas: bool
    path_spec: str
    sni: bool
    jetty: int
    patient: bool


@dataclass(frozen=True, slots=True)
class Caps:
    """One version. line: "6.1". java_min: the oldest Java that runs it.

    defaults: ActiveMQ's own value, by "element.attribute", where versions disagree. absent:
    attributes that only later versions know, element -> attribute -> "5.19.0". attributes: those it has, where amqctl
    knows them all, element -> attribute -> "truth", "number" or "text". add_opens: packages
    that the JVM must open to the class path from Java 9 on, without which it does not start. dbcp: the
    connection pool that comes with it. kahadb: the version of the index that its KahaDB writes.
    leveldb: it has that store. zk_session_timeout: how <replicatedLevelDB> spells that attribute.
    jasypt_aes: it can read passwords that were encrypted with AES.
    mkahadb_mixes: an <mKahaDB> may have stores for patterns beside one each for the rest. lease_handler:
    the <ioExceptionHandler> that stops the connectors of a master whose lease is in doubt. untried: a
    sentence where amqctl has not been seen to run it, else None.
    """

    version: str
    line: str
    web_family: WebFamily
    java_min: int
    logging: Logging
    jolokia: Jolokia
    web: Web
    defaults: Mapping[str, str]
    absent: Mapping[str, Mapping[str, str]]
    attributes: Mapping[str, Mapping[str, str]]
    add_opens: tuple[str, ...]
    dbcp: Pool
    kahadb: int
    mkahadb_mixes: bool
    leveldb: bool
    zk_session_timeout: str
    lease_handler: str
    untried: str | None
    jasypt_aes: bool
    vulnerabilities: tuple[Vulnerability, ...]


# line -> oldest Java. A line that is not here is unknown or not yet supported.
_JAVA = {
    (5, 9): 6, (5, 10): 6, (5, 11): 7, (5, 12): 7, (5, 13): 7, (5, 14): 7, (5, 15): 8, (5, 16): 8, (5, 17): 11,
    (5, 18): 11, (5, 19): 11,
    (6, 0): 17, (6, 1): 17, (6, 2): 17, (6, 3): 17,
}  # fmt: skip
# line -> what of it was never seen to run
_UNTRIED: Mapping[tuple[int, int], str] = {
    (6, 3): "its files are rendered, and activemq.xml is held against its schema; it was never run with them",
}
# Those that amqctl was seen to run, and the last of each line (tags of August 2026)
TRIED = ("5.9.1", "5.11.1", "5.14.0", "5.14.5", "5.15.11", "5.16.6", "5.18.3", "6.1.7")
LAST = (
    "5.9.1", "5.10.2", "5.11.4", "5.12.3", "5.13.5", "5.14.5", "5.15.16", "5.16.8", "5.17.7", "5.18.7", "5.19.10",
    "6.0.1", "6.1.8", "6.2.9", "6.3.1",
)  # fmt: skip
SUPPORTED = "5.9 to 5.19 and 6.0 to 6.3"

# The security constraint's paths, as the newest console of the Jetty 9 family has them. Older consoles shipped shorter
# lists, some of which left pages open (6.0's cousin of that is CVE-2024-32114); the long list closes all of them on
# every version.
_PATHS = "/,/api/*,/admin/*,*.jsp,*.html,*.js,*.css,*.png,*.gif,*.ico"

# networkConnector attribute -> the releases that brought it; autoStart came to 5.19 after 6.0 and 6.1
# had been branched, so it is missing there.
_LATER: Mapping[str, tuple[Release, ...]] = {
    "advisoryAckPercentage": ((5, 13, 3),),
    "advisoryPrefetchSize": ((5, 13, 3),),
    "checkDuplicateMessagesOnDuplex": ((5, 9, 1),),
    "gcDestinationViews": ((5, 9, 1),),
    "useVirtualDestSubs": ((5, 13, 0),),
    "syncDurableSubs": ((5, 14, 0),),
    "bridgeFactory": ((5, 15, 3),),
    "clientIdToken": ((5, 15, 3),),
    "conduitNetworkQueueSubscriptions": ((5, 15, 3),),
    "sslContext": ((5, 16, 0),),
    "remotePassword": ((5, 16, 4),),
    "remoteUserName": ((5, 16, 4),),
    "autoStart": ((5, 19, 0), (6, 2, 0)),
}

# id, what, affected ranges: from (included) to the fix (excluded)
_ADVISORIES: tuple[tuple[str, str, tuple[tuple[Release, Release], ...]], ...] = (
    (
        "CVE-2014-3576",
        "anyone who reaches an OpenWire port can shut the broker down",
        (((5, 0, 0), (5, 11, 0)),),
    ),
    (
        "CVE-2015-5254",
        "an ObjectMessage can run code in the broker",
        (((5, 0, 0), (5, 13, 0)),),
    ),
    (
        "CVE-2016-3088",
        "the fileserver web application lets anyone upload and run code",
        (((5, 0, 0), (5, 14, 0)),),
    ),
    (
        "CVE-2018-11775",
        "TLS connections do not check the host name",
        (((5, 0, 0), (5, 15, 6)),),
    ),
    (
        "CVE-2022-41678",
        "a console user can run code through Jolokia",
        (((5, 0, 0), (5, 16, 6)), ((5, 17, 0), (5, 17, 4))),
    ),
    (
        "CVE-2023-46604",
        "anyone who reaches an OpenWire port can run code",
        (
            ((5, 0, 0), (5, 15, 16)),
            ((5, 16, 0), (5, 16, 7)),
            ((5, 17, 0), (5, 17, 6)),
            ((5, 18, 0), (5, 18, 3)),
        ),
    ),
    (
        "CVE-2024-32114",
        "the shipped console leaves Jolokia and the REST API without authentication",
        (((6, 0, 0), (6, 1, 2)),),
    ),
    (
        "CVE-2026-34197",
        "a console user can run code through Jolokia's addNetworkConnector",
        (((5, 0, 0), (5, 19, 4)), ((6, 0, 0), (6, 2, 3))),
    ),
    (
        "CVE-2026-42588",
        "the fix of CVE-2026-34197 can be bypassed",
        (((5, 0, 0), (5, 19, 7)), ((6, 0, 0), (6, 2, 6))),
    ),
    (
        "CVE-2026-45505",
        "the fix of CVE-2026-34197 can be bypassed",
        (((5, 0, 0), (5, 19, 7)), ((6, 0, 0), (6, 2, 6))),
    ),
)


@lru_cache(maxsize=256)
def caps(version: str) -> Caps:
    """What ActiveMQ `version` is like. Raises BadUsage for a version that amqctl does not run."""
    found = release(version)
    line = found[:2]
    if found == (5, 9, 0):
        what = "ActiveMQ 5.9.0: its Jolokia is a part of hawtio, so its brokers cannot be asked what they are"
        raise BadUsage(what, hint="5.9.1 has the same broker")
    if line not in _JAVA:
        raise BadUsage(f"ActiveMQ {version}: amqctl does not know this line", hint=f"supported now: {SUPPORTED}")
    six = found >= (6, 0, 0)
    return Caps(
        version=version,
        line=f"{found[0]}.{found[1]}",
        web_family=_family(found),
        java_min=_JAVA[line],
        # reload4j (5.16.4 on) is log4j 1 under another name: the same file
        logging="log4j2" if found >= (5, 17, 0) else "log4j1",
        jolokia=_jolokia(found),
        web=Web(
            jaas=six,
            path_spec="/" if six else _PATHS,
            sni=found >= (5, 16, 0),
            jetty=_jetty(found),
            patient=found < (5, 10, 0),
        ),
        defaults={
            "networkConnector.decreaseNetworkConsumerPriority": "true" if found >= (5, 18, 0) else "false",
        },
        absent={"networkConnector": _absent(found)},
        attributes={"networkConnector": {k: kind for k, kind in KINDS.items() if k not in _absent(found)}},
        add_opens=() if six else ("java.base/java.lang", "java.base/java.util"),
        # commons-dbcp2 and commons-pool2 are in common-bin.xml of the tags 5.12.3 to 6.2.0; 5.9 to 5.11 have DBCP 1
        dbcp="dbcp2" if found >= (5, 12, 0) else "dbcp1",
        # Before (the tags 5.18.5 and 6.1.3) a start takes a pattern's directory for that of one of the rest, and fails:
        # InstanceAlreadyExistsException (run: 5.18.3)
        mkahadb_mixes=_since(found, (5, 18, 5), (6, 1, 3)),
        # MessageDatabase.VERSION of the tags 5.9.1 to 6.3.1
        kahadb=7 if found >= (5, 16, 0) else 6 if found >= (5, 12, 0) else 5,
        leveldb=found < (5, 17, 0),  # AMQ-7502
        # AMQ-5506; the page says 5.11
        zk_session_timeout="zkSessionTimeout" if found >= (5, 10, 1) else "zkSessionTmeout",
        # jasypt 1.9.2 in lib/optional of 5.14.5 and 5.15.11, 1.9.3 from 5.16.6 on, with
        # EncryptionSupport.decrypt(Properties, algorithm)
        jasypt_aes=found >= (5, 16, 0),
        lease_handler="leaseLockerIOExceptionHandler" if found >= (5, 11, 0) else "jDBCIOExceptionHandler",
        untried=_UNTRIED.get(line),
        vulnerabilities=_vulnerabilities(found),
    )


def release(version: str) -> Release:
    """Raises BadUsage for what is no version."""
    parts = version.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in parts):
        raise BadUsage(f"{version} is not an ActiveMQ version", hint="write three numbers, e.g. 6.1.7")
    return int(parts[0]), int(parts[1]), int(parts[2])


def _family(release: Release) -> WebFamily:
    """What its jetty.xml is written for: Jetty 7 and 8, 9, 11, or 12."""
    if release < (5, 13, 0):
        return "5.9-5.12"
    if release < (6, 0, 0):
        return "5.13-5.19"
    return "6.0-6.2" if release < (6, 3, 0) else "6.3"


def _jetty(release: Release) -> int:
    if release < (5, 11, 0):
        return 7
    if release < (5, 13, 0):
        return 8
    if release < (6, 0, 0):
        return 9
    return 11 if release < (6, 3, 0) else 12


def _jolokia(release: Release) -> Jolokia:
    strict = release >= (5, 17, 1)
    return Jolokia(
        path="/api/jolokia/",
        access_file=strict,
        origin_needed=strict,
        post_only=_since(release, (5, 19, 7), (6, 2, 6)),
        read_only=release >= (5, 17, 4),
    )


def _since(release: Release, *brought: Release) -> bool:
    """Whether a change that came to each of several branches is in `release`.

    A branch older than the one a change went to does not have it: 6.1.7 lacks what came with 6.2.6,
    though 5.19.7 has it too.
    """
    same_major = [b for b in brought if b[0] == release[0]]
    return release >= min(same_major) if same_major else release > max(brought)


def _absent(release: Release) -> Mapping[str, str]:
    return {
        attribute: " and ".join(".".join(map(str, b)) for b in brought)
        for attribute, brought in _LATER.items()
        if not _since(release, *brought)
    }


def _vulnerabilities(release: Release) -> tuple[Vulnerability, ...]:
    found = []
    for ident, what, ranges in _ADVISORIES:
        fix = next((end for start, end in ranges if start <= release < end), None)
        if fix is not None:
            found.append(Vulnerability(ident, what, ".".join(map(str, fix))))
    return tuple(found)
