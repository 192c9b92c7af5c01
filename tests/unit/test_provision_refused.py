"""Copies of which a part cannot be had, is damaged, or finds no room."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from amqctl.errors import NotProvisioned
from amqctl.events import Event, silent
from amqctl.provision import dist
from amqctl.provision.fetch import Repository
from amqctl.provision.scratch import scratch, writing
from amqctl.provision.sources import Sources
from tests.unit.fake_maven import FakeMaven, publish_archive
from tests.unit.test_provision import kept, problem

# --- what can go wrong --------------------------------------------------------------------------


def test_a_wrong_checksum_is_refused_and_nothing_kept(maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    maven.checksums[path] = "0" * 40
    assert "its sha1 is not the published one" in problem("5.18.3", sources)
    assert kept(sources) == []


def test_a_file_cut_off_once_is_fetched_again(maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    maven.cut[path] = 1
    assert dist.obtain("5.18.3", sources, silent).kind == "archive"


def test_a_file_cut_off_each_time_is_told(maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    maven.cut[path] = 99
    text = problem("5.18.3", sources)
    assert "apache-activemq-5.18.3-bin.tar.gz" in text
    assert "cut" in text
    assert kept(sources) == []


def test_without_a_checksum_beside_it_a_file_is_refused(maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    maven.status[path + ".sha1"] = 404
    assert "no checksum" in problem("5.18.3", sources)


def test_a_version_that_does_not_exist(sources: Sources) -> None:
    assert "has no ActiveMQ 5.99.0 (no apache-activemq-5.99.0-bin.tar.gz)" in problem("5.99.0", sources)


@pytest.mark.parametrize("version", ["", "../../etc", "6.1.7/../x", "latest"])
def test_what_is_no_version_reaches_no_path(version: str, sources: Sources) -> None:
    assert "is not a version" in problem(version, sources)


@pytest.mark.parametrize(("status", "word"), [(401, "user and password"), (403, "forbids"), (503, "later")])
def test_a_repository_that_refuses(status: int, word: str, maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    maven.status[path] = status
    text = problem("5.18.3", sources)
    assert str(status) in text
    assert word in text


def test_a_repository_that_is_not_there(tmp_path: Path) -> None:
    nowhere = Sources(cache=tmp_path, mirror="http://127.0.0.1:1/maven", retries=0)
    text = problem("5.18.3", nowhere)
    assert "http://127.0.0.1:1/maven cannot be reached" in text
    assert "--offline" in text


def test_offline_says_what_is_missing_and_asks_nobody(maven: FakeMaven, tmp_path: Path) -> None:
    offline = Sources(cache=tmp_path, mirror=maven.url, offline=True)
    assert "apache-activemq-6.1.7-bin.tar.gz" in problem("6.1.7", offline)
    assert maven.asked.total() == 0


def test_offline_a_copy_is_made_from_files_that_are_in_the_cache(maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    with scratch(sources.cache) as staging:
        Repository(sources, staging).get(path)
    offline = Sources(cache=sources.cache, mirror=maven.url, offline=True)
    assert dist.obtain("5.18.3", offline, silent).kind == "archive"


def test_a_cached_file_that_rotted_is_fetched_again(maven: FakeMaven, sources: Sources) -> None:
    path = publish_archive(maven, "5.18.3")
    with scratch(sources.cache) as staging:
        repository = Repository(sources, staging)
        repository.get(path).write_bytes(b"rotten")
        assert repository.get(path).read_bytes() == maven.files[path]


def test_a_password_of_the_mirror_is_sent_and_never_shown(maven: FakeMaven, tmp_path: Path) -> None:
    maven.login = "joe:hun%ter2"
    url = maven.url.replace("http://", "http://joe:hun%25ter2@")
    sources = Sources(cache=tmp_path, mirror=url, retries=0)
    publish_archive(maven, "5.18.3")
    told: list[Event] = []
    dist.obtain("5.18.3", sources, told.append)
    maven.login = "joe:another"
    shown = [repr(sources), sources.shown, sources.repository, *map(str, told), problem("5.16.6", sources)]
    assert not [text for text in shown if "ter2" in text or "joe" in text]


def test_a_certificate_file_that_is_not_there(maven: FakeMaven, tmp_path: Path) -> None:
    sources = Sources(cache=tmp_path, mirror=maven.url, ca_bundle=tmp_path / "none.pem")
    assert "none.pem: no such file" in problem("5.18.3", sources)


@pytest.mark.parametrize(("number", "word"), [(errno.ENOSPC, "no space left"), (errno.EACCES, "AMQCTL_HOME")])
def test_a_disk_that_takes_nothing(number: int, word: str, tmp_path: Path) -> None:
    with pytest.raises(NotProvisioned, match=word), writing(tmp_path):
        raise OSError(number, "no", str(tmp_path))


def test_a_cache_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    assert "AMQCTL_HOME" in problem("5.18.3", Sources(cache=tmp_path / "cache"))
