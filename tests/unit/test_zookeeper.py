"""The recipe of ZooKeeper, as a process and in an image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from amqctl.activemq import repairs, stores
from amqctl.activemq.companions import complaints, engine, image_of, jars
from amqctl.activemq.companions.model import Programs, Site
from amqctl.errors import NotProvisioned
from amqctl.events import silent
from amqctl.provision import companions
from amqctl.provision.sources import Sources
from tests.unit.test_leveldb import problems, settle, store, text

# ── the recipe

SETTINGS = {"tickTime": 500, "server.1": "zk-1:2888:3888", "server.2": "zk-2:2889:3889", "myid": 2, "maxCnxns": 9}


def test_a_server_as_a_process() -> None:
    site = Site("/state/zk-2", "/data/zk-2", "/c", "/t", "127.0.0.1", 2182)
    made = engine("zookeeper").process(Programs("/java", "", "/x", "3.8.4", jars=("/a.jar",)), site, SETTINGS, "")
    texts = {file.path: file.text for file in made.files}
    assert texts["/data/zk-2/myid"] == "2\n" and "myid" not in texts["/c/zoo.cfg"]
    for line in (
        "server.1=zk-1:2888:3888",
        "clientPort=2182",
        "clientPortAddress=127.0.0.1",
        "tickTime=500",
        "4lw.commands.whitelist=srvr",
        "admin.enableServer=false",
        "initLimit=10",
        "dataDir=/data/zk-2",
    ):
        assert line in texts["/c/zoo.cfg"].splitlines()  # fmt: skip
    alone = engine("zookeeper").process(Programs("/java", "", "/x", "3.8.4"), site, {}, "")
    assert not any(file.path.endswith("myid") for file in alone.files)
    assert "tickTime=2000" in alone.files[0].text


def test_a_server_in_the_official_image() -> None:
    made = engine("zookeeper").container(SETTINGS, "", None, 2182)
    assert (made.image, made.port, made.files) == ("zookeeper:3.8", 2182, ())
    environment = made.environment
    assert environment["ZOO_SERVERS"] == "server.1=zk-1:2888:3888;2181 server.2=zk-2:2889:3889;2182"
    assert environment["ZOO_MY_ID"] == "2" and environment["ZOO_TICK_TIME"] == "500"
    assert environment["ZOO_CFG_EXTRA"] == "maxCnxns=9"
    alone = engine("zookeeper").container({}, "", "mine:1", 2200)
    assert alone.environment["ZOO_SERVERS"] == "server.1=localhost:2888:3888;2200"
    assert alone.environment["ZOO_STANDALONE_ENABLED"] == "true" and alone.image == "mine:1"


def test_its_version_is_the_tag_of_its_image_or_chooses_its_jars(tmp_path: Path) -> None:
    body = text("zookeeper: zk").replace("nodes: 3", 'nodes: 3, version: "3.8.3"')
    assert {c.version for c in settle(body).companions} == {"3.8.3"}
    assert image_of("zookeeper", None, "3.8.3") == "zookeeper:3.8.3"
    chosen = {jar.artifact: jar.version for jar in jars("zookeeper", "3.8.3")}
    usual = {jar.artifact: jar.version for jar in jars("zookeeper", "")}
    assert chosen == {**usual, "zookeeper": "3.8.3", "zookeeper-jute": "3.8.3"}
    assert jars("zookeeper", "3.8") == jars("zookeeper", "3") == jars("zookeeper", "")
    [problem] = problems(text("zookeeper: zk").replace("nodes: 3", 'nodes: 3, version: "3.8", image: mine'))
    assert "that is of the version it is" in problem.what
    for unknown in ("3.4.14", "3.9", "4"):
        with pytest.raises(NotProvisioned, match=f"no ZooKeeper {unknown} server for plain processes"):
            companions.obtain_server("zookeeper", Sources(cache=tmp_path), silent, version=unknown)


def test_settings_that_are_amqctls_own() -> None:
    assert complaints("zookeeper", {"server.3": "x", "tickTime": 5, "dataDir": "/x"}) == (
        "server.3 is set by amqctl itself; leave it out of settings",
        "dataDir is set by amqctl itself; leave it out of settings",
    )


def test_caveats_say_what_a_run_does_not_show() -> None:
    facts = stores.facts("leveldb")
    assert facts.locker_name(store(text())) == "election in ZooKeeper"
    assert any("a power cut" in said for said in facts.caveats(store(text())))
    weak = replace(store(text()), replication=replace(store(text()).replication, sync="local_disk"))  # type: ignore[type-var]
    assert any("a takeover may lose it" in said for said in facts.caveats(weak))
    assert facts.locker_name(store(text(""))) == "shared-file-locker"


def test_a_class_data_archive_can_be_known_by_the_repairs_that_it_is_for() -> None:
    assert {repairs.REPLICATED: "one"}[tuple(repairs.REPLICATED)] == "one"
