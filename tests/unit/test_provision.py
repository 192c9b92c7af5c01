"""Copies of ActiveMQ from a repository that may be slow, wrong, closed or gone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from amqctl.errors import Busy, NotProvisioned
from amqctl.events import Event, silent
from amqctl.provision import dist, schema
from amqctl.provision.dirs import dirs
from amqctl.provision.fetch import Absent, Repository
from amqctl.provision.scratch import locked, scratch
from amqctl.provision.sources import Sources, from_env
from tests.unit.fake_maven import FakeMaven, archive, publish_archive, publish_modules, tarred


def names(copy: dist.Distribution) -> list[str]:
    return [jar.relative_to(copy.home).as_posix() for jar in copy.class_path]


def kept(sources: Sources) -> list[str]:
    root = sources.cache / "maven"
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def problem(version: str, sources: Sources) -> str:
    """What the one problem says."""
    with pytest.raises(NotProvisioned) as caught:
        dist.obtain(version, sources, silent)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].fix
    return str(caught.value)


# --- the copy -----------------------------------------------------------------------------------


def test_an_archive_becomes_a_copy_without_what_no_broker_needs(maven: FakeMaven, sources: Sources) -> None:
    publish_archive(maven, "5.18.3")
    copy = dist.obtain("5.18.3", sources, silent)
    spring = "lib/activemq-spring-5.18.3.jar"
    assert names(copy) == ["bin/activemq.jar", spring, "lib/b.jar", "lib/optional/o.jar", "lib/web/w.jar"]
    assert copy.kind == "archive"
    assert copy.xsd.read_text() == "<schema/>"
    assert {path.name for path in copy.home.iterdir()} == {"bin", "lib", "webapps", "activemq.xsd", "amqctl.json"}
    assert not (copy.home / "bin" / "linux-x86-64").exists()
    assert (copy.home / "bin" / "activemq").stat().st_mode & 0o111


def test_the_second_time_nobody_is_asked(maven: FakeMaven, sources: Sources) -> None:
    publish_archive(maven, "5.18.3")
    first = dist.obtain("5.18.3", sources, silent)
    asked = maven.asked.total()
    assert dist.obtain("5.18.3", sources, silent) == first
    assert maven.asked.total() == asked


def test_without_an_archive_the_modules_are_put_together(maven: FakeMaven, sources: Sources) -> None:
    publish_modules(maven, "6.1.7")
    copy = dist.obtain("6.1.7", sources, silent)
    jars = {jar.name for jar in copy.class_path}
    assert copy.kind == "modules"
    assert {
        "activemq-broker-9.jar",
        "jetty-server-11.0.25.jar",
        "jolokia-server-core-2.1.2.jar",
        "jdom2-2.0.jar",
    } <= jars
    assert not {jar for jar in jars if jar.startswith(("activemq-all", "junit"))}
    assert (copy.home / "bin" / "activemq.jar").read_bytes() == b"run"
    admin = copy.home / "webapps" / "admin"
    left = {path.relative_to(admin).as_posix() for path in admin.rglob("*") if path.is_file()}
    assert left == {"index.jsp", "images/logo.png", "styles/site.css", "WEB-INF/web.xml"}
    assert "jolokia" in (copy.home / "webapps" / "api" / "WEB-INF" / "web.xml").read_text()


def test_a_module_that_is_missing_is_named(maven: FakeMaven, sources: Sources) -> None:
    publish_modules(maven, "6.1.7")
    gone = next(path for path in maven.files if path.endswith("jdom2-2.0.jar"))
    del maven.files[gone]
    assert "jdom2-2.0.jar" in problem("6.1.7", sources)


def test_a_damaged_copy_is_made_anew(maven: FakeMaven, sources: Sources) -> None:
    publish_archive(maven, "5.18.3")
    copy = dist.obtain("5.18.3", sources, silent)
    copy.class_path[1].unlink()
    again = dist.obtain("5.18.3", sources, silent)
    assert again == copy
    assert again.class_path[1].is_file()


def test_the_same_parts_give_the_same_digest_and_times(maven: FakeMaven, sources: Sources, tmp_path: Path) -> None:
    """A class-data archive notes the time of each jar."""
    publish_archive(maven, "5.18.3")
    one = dist.obtain("5.18.3", sources, silent)
    two = dist.obtain("5.18.3", Sources(cache=tmp_path / "other", mirror=maven.url), silent)
    assert one.digest == two.digest
    assert [jar.stat().st_mtime for jar in one.class_path] == [jar.stat().st_mtime for jar in two.class_path]


def test_leavings_of_a_killed_run_are_swept_and_those_of_a_living_one_kept(maven: FakeMaven, sources: Sources) -> None:
    publish_archive(maven, "5.18.3")
    root = sources.cache / "scratch"
    for name in ("run-dead", "run-alive"):
        (root / name).mkdir(parents=True)
        (root / name / "half").write_text("x")
    with FileLock(str(root / "run-alive.lock")):
        dist.obtain("5.18.3", sources, silent)
        assert {path.name for path in root.iterdir()} == {"run-alive", "run-alive.lock", "sweep.lock"}


def test_who_holds_a_lock_too_long_is_not_waited_for(tmp_path: Path) -> None:
    told: list[Event] = []
    place = tmp_path / "here" / "t.lock"
    with locked(place, "t", silent):
        with pytest.raises(Busy, match="still working on t"), locked(place, "t", told.append, within=0.05):
            pytest.fail("two have it")
        assert [(event.subject, event.phase) for event in told] == [("t", "progress")]
    with locked(place, "t", told.append, within=0.05):
        assert len(told) == 1, "it is free again, and nobody was waited for"


def test_a_copy_is_absent_until_it_is_complete(maven: FakeMaven, sources: Sources) -> None:
    publish_archive(maven, "5.18.3")

    def interrupt(event: Event) -> None:
        assert not (sources.cache / "dist" / "apache-activemq-5.18.3").exists()
        if event.text == "unpacking":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dist.obtain("5.18.3", sources, interrupt)
    assert {path.name for path in (sources.cache / "scratch").iterdir()} == {"sweep.lock"}
    assert dist.obtain("5.18.3", sources, silent).kind == "archive"


def test_two_at_once_make_one_copy(maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(lambda _: dist.obtain("5.18.3", sources, silent), range(4)))
    assert len(set(copies)) == 1
    assert maven.asked[path] == 1


# --- local archives -----------------------------------------------------------------------------


def test_an_archive_that_leads_outside_is_refused(sources: Sources, tmp_path: Path) -> None:
    named = tmp_path / "apache-activemq-5.18.3-bin.tar.gz"
    named.write_bytes(tarred({"apache-activemq-5.18.3/../../evil": b"x"}))
    local = Sources(cache=sources.cache, archive=named, offline=True)
    assert "leads outside" in problem("5.18.3", local)
    assert not list(tmp_path.rglob("evil"))


def test_an_archive_that_is_not_whole(sources: Sources, tmp_path: Path) -> None:
    named = tmp_path / "apache-activemq-5.18.3-bin.tar.gz"
    named.write_bytes(archive("5.18.3")[:300])
    assert "not a whole tar.gz" in problem("5.18.3", Sources(cache=sources.cache, archive=named))


def test_an_archive_of_which_the_version_cannot_be_told(sources: Sources, tmp_path: Path) -> None:
    named = tmp_path / "download.tar.gz"
    named.write_bytes(archive("5.18.3"))
    assert "which version" in problem("5.18.3", Sources(cache=sources.cache, archive=named))


@pytest.mark.parametrize("unpacked", [False, True])
def test_a_local_copy_serves_its_own_version_only(unpacked: bool, maven: FakeMaven, tmp_path: Path) -> None:
    named = tmp_path / "apache-activemq-5.18.3-bin.tar.gz"
    named.write_bytes(archive("5.18.3"))
    if unpacked:
        import tarfile

        with tarfile.open(named) as tar:
            tar.extractall(tmp_path / "opt")
        named = tmp_path / "opt"
        (named / "apache-activemq-5.18.3" / "lib" / "activemq-broker-5.18.3.jar").write_bytes(b"broker")
    publish_archive(maven, "5.16.6")
    sources = Sources(cache=tmp_path / "cache", archive=named, mirror=maven.url)
    mine = dist.obtain("5.18.3", sources, silent)
    assert mine.kind == "local"
    assert maven.asked.total() == 0
    assert dist.obtain("5.16.6", sources, silent).kind == "archive"


# --- files side by side -------------------------------------------------------------------------


def test_every_missing_file_is_named(maven: FakeMaven, sources: Sources) -> None:
    maven.files["a/there.jar"] = b"x"
    with scratch(sources.cache) as staging, pytest.raises(Absent) as caught:
        Repository(sources, staging).get_all(["b/one", "a/there.jar", "b/two"], "s", "t", silent)
    assert caught.value.paths == ("b/one", "b/two")


def test_two_who_want_one_file_get_it_from_one_download(maven: FakeMaven, sources: Sources) -> None:
    maven.files["a/one.jar"] = b"x" * 100_000
    start = threading.Barrier(8)
    with scratch(sources.cache) as staging, ThreadPoolExecutor(8) as pool:
        repository = Repository(sources, staging)

        def get(_: int) -> Path:
            start.wait()
            return repository.get("a/one.jar")

        assert len(set(pool.map(get, range(8)))) == 1
    assert maven.asked["a/one.jar"] == 1


def test_an_interrupt_ends_the_downloads(maven: FakeMaven, sources: Sources) -> None:
    for number in range(50):
        maven.files[f"a/{number}.jar"] = b"x"

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    with scratch(sources.cache) as staging, pytest.raises(KeyboardInterrupt):
        Repository(sources, staging).get_all(list(maven.files), "s", "t", interrupt)
    assert len(kept(sources)) < 100


# --- the schema, the directories, the environment -----------------------------------------------


def test_the_schema_needs_one_jar_only(maven: FakeMaven, sources: Sources) -> None:
    publish_modules(maven, "6.1.7")
    jar = next(path for path in maven.files if path.endswith("activemq-spring-9.jar"))
    maven.files["org/apache/activemq/activemq-spring/6.1.7/activemq-spring-6.1.7.jar"] = maven.files[jar]
    assert schema.cached("6.1.7", sources) is None
    place = schema.obtain("6.1.7", sources, silent)
    assert place is not None
    assert place.read_text() == "<schema/>"
    assert schema.cached("6.1.7", sources) == place
    assert maven.asked.total() == 2


def test_a_schema_that_is_not_published_or_not_here(sources: Sources) -> None:
    assert schema.obtain("5.99.0", sources, silent) is None
    assert schema.obtain("5.18.3", Sources(cache=sources.cache, offline=True), silent) is None


def test_the_schema_of_a_copy_is_used(maven: FakeMaven, sources: Sources) -> None:
    publish_archive(maven, "5.18.3")
    copy = dist.obtain("5.18.3", sources, silent)
    assert schema.cached("5.18.3", sources) == copy.xsd


def test_one_variable_moves_cache_and_state(tmp_path: Path) -> None:
    found = dirs({"AMQCTL_HOME": str(tmp_path)})
    assert (found.cache, found.state) == (tmp_path / "cache", tmp_path / "state")
    assert dirs({}).cache != dirs({}).state


def test_sources_as_the_environment_has_them(tmp_path: Path) -> None:
    env = {
        "AMQCTL_HOME": str(tmp_path),
        "AMQCTL_OFFLINE": "1",
        "AMQCTL_MAVEN_MIRROR": "https://u:p@nexus.example/maven/",
        "AMQCTL_CA_BUNDLE": str(tmp_path / "ca.pem"),
    }
    found = from_env(env)
    assert found.offline
    assert found.repository == "https://nexus.example/maven"
    assert found.credentials == ("u", "p")
    assert found.ca_bundle == tmp_path / "ca.pem"
    assert not from_env(env, offline=False).offline
    assert not from_env({**env, "AMQCTL_OFFLINE": "0"}, archive=None).offline
