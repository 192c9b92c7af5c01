"""An upgrade over a fake cluster: slaves first, a gate behind each step, back when it fails, on when interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from amqctl.activemq.versions import caps
from amqctl.cli import publishing
from amqctl.cluster.intent import Intent, plan_of, settled_of
from amqctl.cluster.upgrade import GateFailed, plan_moves, upgrade
from amqctl.drills import runner
from amqctl.drills.catalogue import CATALOGUE
from amqctl.drills.folder import RunFolder
from amqctl.drills.target import Target
from amqctl.errors import AmqctlError, BadUsage, CannotRun
from amqctl.plan.model import Plan
from amqctl.plan.upgrade import facts
from amqctl.wait import NotYet, until
from tests.fakes import FakeCluster, Sins
from tests.plans import a_place
from tests.unit.test_drills import QUICK

TOPOLOGY = """\
apiVersion: amqctl/v1
name: two-pairs
activemq: 5.18.3
groups:
  a: {brokers: {a1: {}, a2: {}}}
  b: {brokers: {b1: {}, b2: {}}}
"""
OLD, NEW = "5.18.3", "6.1.7"
ALL = {"a1": NEW, "a2": NEW, "b1": NEW, "b2": NEW}


@dataclass
class FakeStand:
    """Satisfies `cluster.upgrade.Stand`. Its sins: never_ready, a (node, version) with which the cluster is not
    whole; loses, versions that cannot read what others stored; interrupt, a node before whose replacement somebody
    presses Ctrl-C; stuck: not even the way back makes it whole."""

    never_ready: tuple[str, str] | None = None
    loses: str = ""
    interrupt: str = ""
    stuck: bool = False
    silent: bool = False  # no STOMP connector
    running: dict[str, str] = field(default_factory=lambda: dict.fromkeys(("a1", "a2", "b1", "b2"), OLD))
    masters: dict[str, str] = field(default_factory=lambda: {"a": "a1", "b": "b2"})
    did: list[str] = field(default_factory=list)
    stored: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {"a": [], "b": []})
    intent: Intent = field(default_factory=lambda: Intent(TOPOLOGY, None))
    down: set[str] = field(default_factory=set)
    tokens: int = 0

    @property
    def plan(self) -> Plan:
        return plan_of(self.intent, a_place)

    @property
    def versions(self) -> Mapping[str, str]:
        return {b.name: b.version for b in self.plan.settled.brokers}

    @property
    def former(self) -> Mapping[str, str]:
        return self.intent.former

    def roles(self) -> Mapping[str, str]:
        def role(node: str) -> str:
            return "down" if node in self.down else "master" if node in self.masters.values() else "waiting"

        return {node: role(node) for node in self.running}

    def runs(self, node: str, version: str) -> bool:
        return node not in self.down and self.running[node] == version

    def record(self, versions: Mapping[str, str], former: Mapping[str, str]) -> None:
        self.intent = Intent(TOPOLOGY, None, versions=dict(versions), former=dict(former))

    def replace(self, node: str) -> None:
        group = node[0]
        if self.masters[group] == node:
            self.masters[group] = next(n for n in self.running if n[0] == group and n != node)
        if node == self.interrupt:
            self.down.add(node)
            self.interrupt = ""
            raise KeyboardInterrupt
        self.down.discard(node)
        self.running[node] = self.versions[node]
        self.did.append(f"{node} {self.running[node]}")

    def wait_ready(self) -> None:
        if self.down:
            raise AmqctlError(f"{sorted(self.down)} is down")
        broken = self.never_ready is not None and self.running[self.never_ready[0]] == self.never_ready[1]
        if broken or (self.stuck and self.did):
            raise AmqctlError("it is not ready", details=["its last words"])

    def speaks(self, group: str) -> bool:
        return not self.silent

    def store(self, group: str) -> str:
        self.tokens += 1
        self.stored[group].append((f"m{self.tokens}", self.running[self.masters[group]]))
        return f"m{self.tokens}"

    def fetch(self, group: str, token: str) -> None:
        by = dict(self.stored[group])[token]
        if self.loses and self.running[self.masters[group]] == self.loses != by:
            raise AmqctlError(f"a message that {group} had acknowledged did not come out")
        self.stored[group].remove((token, by))


def test_slaves_go_first_and_masters_one_group_after_the_other() -> None:
    stand = FakeStand()
    assert [str(m) for m in plan_moves(stand, ALL)] == [
        "upgrade a2: 5.18.3 → 6.1.7: it waits in a: nobody misses it",
        "upgrade b1: 5.18.3 → 6.1.7: it waits in b: nobody misses it",
        "upgrade a1: 5.18.3 → 6.1.7: it is master of a, and all others there are done: one of a2 takes over",
        "upgrade b2: 5.18.3 → 6.1.7: it is master of b, and all others there are done: one of b1 takes over",
    ]
    done = upgrade(stand, ALL)
    assert stand.did == ["a2 6.1.7", "b1 6.1.7", "a1 6.1.7", "b2 6.1.7"]
    assert [m.node for m in done.moved] == ["a2", "b1", "a1", "b2"]
    assert dict(stand.versions) == ALL and not stand.former, "later verbs read the new version, and nothing is open"
    assert stand.masters == {"a": "a2", "b": "b1"}
    assert not any(stand.stored.values()), "every message that was stored came out"
    assert stand.tokens == 16, "before each of four steps and after it, at both groups"
    assert upgrade(stand, ALL).moved == [], "a second time there is nothing to do"


def test_a_group_may_be_moved_alone_and_the_rest_stays() -> None:
    stand = FakeStand()
    upgrade(stand, {"b1": NEW, "b2": NEW})
    assert stand.did == ["b1 6.1.7", "b2 6.1.7"]
    assert dict(stand.versions) == {"a1": OLD, "a2": OLD, "b1": NEW, "b2": NEW}


@pytest.mark.parametrize(("node", "before"), [("b1", ["a2", "b1"]), ("b2", ["a2", "b1", "a1", "b2"])])
def test_a_failed_gate_sends_all_back_and_those_never_moved_stay_untouched(node: str, before: list[str]) -> None:
    stand = FakeStand(never_ready=(node, NEW))
    with pytest.raises(GateFailed, match="it is not ready; went back") as caught:
        upgrade(stand, ALL)
    moved = [step.split()[0] for step in stand.did if step.endswith(NEW)]
    back = [step.split()[0] for step in stand.did if step.endswith(OLD)]
    assert moved == before and sorted(back) == sorted(before)
    assert set(stand.running.values()) == {OLD} and set(stand.versions.values()) == {OLD} and not stand.former
    assert caught.value.details == ("its last words",)
    assert caught.value.exit_code == 1


def test_a_message_that_the_next_version_cannot_read_is_a_failed_gate() -> None:
    stand = FakeStand(loses=NEW)
    with pytest.raises(GateFailed, match="did not come out"):
        upgrade(stand, ALL)
    assert set(stand.running.values()) == {OLD}
    assert [body for body, _ in stand.stored["a"]] == ["m9"], "it is still there, for the version that stored it"


def test_a_way_back_that_fails_too_is_told_with_both_reasons_and_kept_open() -> None:
    stand = FakeStand(stuck=True)
    with pytest.raises(AmqctlError, match="so did the way back") as caught:
        upgrade(stand, ALL)
    assert not isinstance(caught.value, GateFailed)
    assert set(stand.former.values()) == {OLD}, "what each ran is not forgotten"


def test_a_cluster_that_is_not_whole_is_not_touched() -> None:
    stand = FakeStand(never_ready=("a1", OLD))
    with pytest.raises(AmqctlError, match="nothing was changed"):
        upgrade(stand, ALL)
    assert not stand.did and not stand.intent.versions


@pytest.mark.parametrize("node", ["a2", "b1", "a1", "b2"])
def test_an_interrupted_upgrade_goes_on_where_it_was(node: str) -> None:
    stand = FakeStand(interrupt=node)
    with pytest.raises(KeyboardInterrupt):
        upgrade(stand, ALL)
    assert stand.down == {node} and stand.former["a1"] == OLD
    first = [step.split()[0] for step in stand.did]
    upgrade(stand, ALL)
    again = [step.split()[0] for step in stand.did[len(first) :]]
    assert again[0] == node, "who is down comes first"
    assert sorted(first + again) == ["a1", "a2", "b1", "b2"], "each once"
    assert set(stand.running.values()) == {NEW} and not stand.former


def test_an_interrupted_upgrade_goes_back_to_what_ran_before_it_began() -> None:
    stand = FakeStand(interrupt="b1", never_ready=("a1", NEW))
    with pytest.raises(KeyboardInterrupt):
        upgrade(stand, ALL)
    with pytest.raises(GateFailed):
        upgrade(stand, ALL)
    assert set(stand.running.values()) == {OLD} and not stand.former


def test_without_stomp_readiness_alone_is_the_gate() -> None:
    stand = FakeStand(silent=True)
    said: list[str] = []
    upgrade(stand, ALL, lambda event: said.append(event.text))
    assert stand.tokens == 0 and any("no message was sent" in text for text in said)


def test_a_recorded_intent_of_before_is_still_read_and_versions_win_over_the_text() -> None:
    old = '{"text": "x", "source": null, "name": null, "port_offset": 0, "confs": {}}'
    assert Intent.parse(old).versions == {}
    intent = Intent(TOPOLOGY, None, versions={"a1": NEW}, former={"a1": OLD})
    assert Intent.parse(intent.dump()) == intent
    settled = settled_of(intent)
    assert [settled.broker(n).version for n in ("a1", "a2")] == [NEW, OLD]
    row = next(r for r in settled.rows["a1"] if r.key == "activemq")
    assert (row.value, str(row.origin)) == (NEW, "option --to")


def test_what_a_person_should_know_of_the_way() -> None:
    assert "KahaDB's index goes from version 6 to 7" in " ".join(facts(caps("5.15.11"), caps("5.18.3")))
    assert "javax → jakarta" in " ".join(facts(caps("5.18.3"), caps("6.1.7")))
    assert "never run" in " ".join(facts(caps("6.1.7"), caps("6.3.1")))
    assert not facts(caps("6.1.7"), caps("6.1.8"))


# ── the drill


class Rolling(FakeCluster):
    """A fake that moves its brokers: slaves first. wrong: a node that comes back with the version it had. fails: the
    upgrade goes back. idle: nothing is done at all."""

    upgrade_to = NEW

    def __init__(self, *, wrong: str = "", fails: bool = False, idle: bool = False, sins: Sins | None = None) -> None:
        super().__init__(sins=sins)
        self.wrong, self.fails, self.idle = wrong, fails, idle

    def upgrade(self, group: str) -> Mapping[str, str]:
        names = self.members[group]
        for node in () if self.idle else sorted(names, key=lambda n: n == self.masters[group]):
            self._down(node)
            until(lambda: self._led(group), what="another is master", within=3.0, every=0.005)
            self.start(node)
            self.wait_ready(3.0)
        if self.fails:
            raise BadUsage("it is not ready; went back: a1, a2")
        return {n: OLD if n == self.wrong else NEW for n in names}

    def _led(self, group: str) -> None:
        if self.master(group) is None:
            raise NotYet("nobody is master")


def rolled(cluster: FakeCluster, where: Path):
    target: Target = cluster
    drill = CATALOGUE["rolling-upgrade"]
    return runner.run(drill, target, RunFolder(where), lambda event: None, QUICK, connect=cluster.connect)[0]


def test_an_honest_upgrade_under_load_is_valid_and_tells_its_longest_pause(tmp_path: Path) -> None:
    result = rolled(Rolling(), tmp_path)
    assert result.verdict == "valid", result.because
    assert "all run 6.1.7" in result.because and "the longest pause was" in result.because
    assert 0.08 <= (result.takeover_seconds or 0) <= 1.0, "as long as a takeover takes"


@pytest.mark.parametrize(
    ("cluster", "verdict", "because"),
    [
        (Rolling(wrong="a2"), "invalid", "a2 runs 5.18.3 and not 6.1.7"),
        (Rolling(fails=True), "invalid", "was not moved to 6.1.7: it is not ready"),
        (Rolling(idle=True), "unknown", "not every broker was seen to become another process"),
        (Rolling(sins=Sins(separate_stores=True)), "invalid", "acknowledged messages lost"),
        (Rolling(sins=Sins(slow_takeover=1.1)), "invalid", "over the budget"),
        (Rolling(sins=Sins(ignores_lock_when_restarted=True)), "invalid", "both served"),
    ],
    ids=["wrong version", "went back", "idle", "lost", "slow", "two masters"],
)
def test_each_sin_of_an_upgrade_is_found(cluster: FakeCluster, verdict: str, because: str, tmp_path: Path) -> None:
    result = rolled(cluster, tmp_path)
    assert (result.verdict, because in result.because) == (verdict, True), result.because


# ── the verbs


def test_versions_tells_each_and_what_is_wrong_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from amqctl.cli import cli

    monkeypatch.setenv("AMQCTL_HOME", str(tmp_path))
    monkeypatch.delenv("AMQCTL_CACHE", raising=False)
    found = CliRunner().invoke(cli, ["versions", "-o", "json"])
    rows = {row["version"]: row for row in json.loads(found.stdout)["versions"]}
    assert list(rows)[0] == "5.9.1" and list(rows)[-1] == "6.3.1"
    assert rows["5.9.1"]["sources"] == ["archive", "modules"] and rows["5.18.3"]["sources"] == ["archive"]
    assert rows["5.16.6"]["stores"] == ["kahadb", "jdbc", "leveldb"] and rows["5.17.7"]["stores"] == ["kahadb", "jdbc"]
    assert not any(row["cached"] for row in rows.values()), "this cache is empty"
    assert {
        "id": "CVE-2023-46604",
        "what": "anyone who reaches an OpenWire port can run code",
        "fixed_in": "5.16.7",
    } in (rows["5.16.6"]["vulnerabilities"])
    table = CliRunner().invoke(cli, ["versions", "6.2.9"]).stdout
    assert "none known" in table and "5.18.3" not in table
    wrong = CliRunner().invoke(cli, ["versions", "7.1.1", "5.18.3", "6.2"])
    assert isinstance(wrong.exception, BadUsage)
    assert str(wrong.exception) == "ActiveMQ 7.1.1: amqctl does not know this line; 6.2 is not an ActiveMQ version"


class Published:
    name = "docker"


def published(on: str, version: str) -> Plan:
    text = TOPOLOGY.replace(OLD, version) + f'runtime: {{docker: {{publish: "{on}"}}}}\n'
    return plan_of(Intent(text, None), a_place)


@pytest.mark.parametrize("on", ["0.0.0.0", "::", "192.168.1.7"])
def test_a_version_with_holes_is_not_published_beyond_loopback_unless_that_is_meant(on: str) -> None:
    plan, docker = published(on, "5.16.6"), Published()
    with pytest.raises(CannotRun, match=f"ActiveMQ 5.16.6 has 4 known holes .*published on {on}") as caught:
        publishing.refuse(plan, docker, allowed=False)  # type: ignore[arg-type]
    assert "--publish-vulnerable" in caught.value.problems[0].fix
    publishing.refuse(plan, docker, allowed=True)  # type: ignore[arg-type]
    publishing.refuse(published(on, "6.2.9"), docker, allowed=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("on", ["127.0.0.1", "127.0.0.2", "::1"])
def test_on_loopback_it_is_only_told_of(on: str) -> None:
    plan = published(on, "5.16.6")
    publishing.refuse(plan, Published(), allowed=False)  # type: ignore[arg-type]
    said: list[str] = []
    publishing.warn(plan, lambda event: said.append(event.text))
    assert len(said) == 1 and "CVE-2023-46604" in said[0]
    publishing.warn(published(on, "6.3.1"), lambda event: said.append(event.text))
    assert "never run" in said[1]


def test_the_local_runtime_listens_on_loopback_whatever_the_file_says_of_docker() -> None:
    local = Published()
    local.name = "local"
    assert publishing.exposed(published("0.0.0.0", "5.16.6"), local) is None  # type: ignore[arg-type]
