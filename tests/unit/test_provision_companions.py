"""Server programs from a repository that may be wrong, or from this host; as whom they run."""

from __future__ import annotations

import io
import os
import platform
import tarfile
from pathlib import Path

import pytest

from amqctl.activemq.companions import begins, derby, engine
from amqctl.activemq.companions.model import Artifact
from amqctl.errors import NotProvisioned
from amqctl.events import silent
from amqctl.provision import companions
from amqctl.provision.companions import accounts, unpacking
from amqctl.provision.sources import Sources
from tests.unit.fake_maven import FakeMaven, zipped

SERVER = b"#!/bin/sh\necho 'postgres (PostgreSQL) 16.4'\n"
NOWHERE = {"PATH": ""}


def packed(entries: dict[str, bytes | str]) -> bytes:
    """A jar with an archive in it; a text is a link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as tar:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                tar.addfile(entry)
                continue
            entry.size, entry.mode = len(content), 0o755 if name.startswith("bin/") else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return zipped({"postgres.txz": out.getvalue()})


GOOD: dict[str, bytes | str] = {
    "bin/postgres": SERVER,
    "bin/initdb": b"#!/bin/sh\n",
    "lib/libpq.so.5.16": b"pq",
    "lib/libpq.so.5": "libpq.so.5.16",
    "lib/libpq.a": b"static",
    "lib/evil": "../../../etc/passwd",
}


def artifact() -> Artifact:
    found = engine("postgres").artifact(platform.system(), platform.machine())
    if found is None:
        pytest.skip("no binaries are published for this platform")
    return found


def obtain(sources: Sources) -> companions.Server:
    # 16.4.0: whatever this host has is passed over
    return companions.obtain_server("postgres", sources, silent, version="16.4.0", env=NOWHERE)


def test_unpacked_once_without_what_no_server_needs(maven: FakeMaven, sources: Sources) -> None:
    maven.put(artifact().file, packed(GOOD))
    first = obtain(sources)
    home = Path(first.programs.home)
    assert sorted(p.name for p in (home / "lib").iterdir()) == ["libpq.so.5", "libpq.so.5.16"]
    assert (home / "lib/libpq.so.5").read_bytes() == b"pq"
    assert os.access(first.programs.setup, os.X_OK)
    asked = maven.asked.total()
    assert obtain(sources) == first
    assert maven.asked.total() == asked
    assert not list((sources.cache / "scratch").glob("run-*"))


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({**GOOD, "bin/postgres": b"#!/bin/sh\necho 'error while loading shared libraries: libx.so.1' >&2\n"},
         "libx.so.1"),
        ({"bin/initdb": b""}, "does not run on this machine"),
        ({**GOOD, "../outside": b""}, "leads outside"),
    ],
)  # fmt: skip
def test_what_is_not_good_is_not_kept(
    entries: dict[str, bytes | str], said: str, maven: FakeMaven, sources: Sources
) -> None:
    maven.put(artifact().file, packed(entries))
    with pytest.raises(NotProvisioned, match=said):
        obtain(sources)
    assert not list((sources.cache / "servers").glob("postgres*"))


def test_a_broken_archive(maven: FakeMaven, sources: Sources) -> None:
    whole = packed(GOOD)
    maven.put(artifact().file, whole[: len(whole) // 2])
    with pytest.raises(NotProvisioned, match="not a whole archive"):
        obtain(sources)
    maven.put(artifact().file, zipped({"postgres.txz": b"\xfd7zXZ\x00rubbish"}))
    fresh = Sources(cache=sources.cache.with_name("other"), mirror=maven.url, retries=0)
    with pytest.raises(NotProvisioned, match="not a whole archive"):
        obtain(fresh)


def test_not_published_and_offline(sources: Sources) -> None:
    with pytest.raises(NotProvisioned, match="has no embedded-postgres-binaries"):
        obtain(sources)
    offline = Sources(cache=sources.cache, offline=True)
    with pytest.raises(NotProvisioned, match="offline"):
        obtain(offline)
    with pytest.raises(NotProvisioned, match="has no derby-"):
        companions.obtain_jars(derby.JARS, sources, silent)


def test_jars_in_the_order_asked_for(maven: FakeMaven, sources: Sources) -> None:
    for jar in derby.JARS:
        maven.put(jar, jar.name.encode())
    found = companions.obtain_jars(derby.JARS, sources, silent)
    assert [path.name for path in found] == [jar.name for jar in derby.JARS]


def test_no_such_version_says_what_was_looked_at(sources: Sources, tmp_path: Path) -> None:
    program(tmp_path, "postgres", "postgres (PostgreSQL) 15.2")
    program(tmp_path, "initdb", "")
    with pytest.raises(NotProvisioned) as caught:
        companions.obtain_server("postgres", sources, silent, version="9", env={"PATH": str(tmp_path)})
    assert "15.2" in str(caught.value) and "16.4.0" in str(caught.value) and "--runtime docker" in str(caught.value)


def program(place: Path, name: str, says: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    path = place / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_the_hosts_own_comes_first(sources: Sources, tmp_path: Path) -> None:
    bin_ = tmp_path / "pg" / "bin"
    program(bin_, "postgres", "postgres (PostgreSQL) 17.1 (Debian 17.1-1)")
    program(bin_, "initdb", "")
    links = tmp_path / "links"
    links.mkdir()
    (links / "postgres").symlink_to(bin_ / "postgres")
    found = companions.obtain_server("postgres", sources, silent, env={"PATH": str(links)})
    assert (found.origin, found.programs.version) == ("this host", "17.1")
    assert found.programs.setup == str(bin_ / "initdb"), "beside the real one, not beside the link"
    assert found.programs.home == str(tmp_path / "pg")


def test_mariadb_is_not_taken_for_mysql(sources: Sources, tmp_path: Path) -> None:
    program(tmp_path / "sbin", "mysqld", "mysqld  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64")
    program(tmp_path / "bin", "mariadb-install-db", "")
    path = {"PATH": str(tmp_path / "sbin")}
    with pytest.raises(NotProvisioned):
        companions.obtain_server("mysql", sources, silent, env=path)
    found = companions.obtain_server("mariadb", sources, silent, version="10.11.6", env=path)
    assert found.programs.setup == str(tmp_path / "bin" / "mariadb-install-db")


def test_too_old_or_incomplete_ones_are_passed_over(sources: Sources, tmp_path: Path) -> None:
    program(tmp_path / "old", "mysqld", "mysqld  Ver 5.6.24 for Linux on x86_64 (MySQL Community Server (GPL))")
    with pytest.raises(NotProvisioned, match=r"5\.6\.24 is too old"):
        companions.obtain_server("mysql", sources, silent, env={"PATH": str(tmp_path / "old")})
    program(tmp_path / "half", "postgres", "postgres (PostgreSQL) 99.1")
    with pytest.raises(NotProvisioned, match="no initdb beside it"):
        companions.obtain_server("postgres", sources, silent, version="99", env={"PATH": str(tmp_path / "half")})


def test_beginnings_of_versions() -> None:
    assert begins("16.4.0", "16") and begins("16.4.0", "") and begins("16.4", "16.4")
    assert not begins("16.4.0", "1") and not begins("16.4", "16.4.1")


def test_directories_closed_to_others(tmp_path: Path) -> None:
    inner = tmp_path / "open" / "closed" / "data"
    inner.mkdir(parents=True)
    for place in (*reversed(tmp_path.parents), tmp_path):
        if place.stat().st_uid == os.geteuid() and str(place).startswith("/tmp/pytest"):
            place.chmod(0o755)
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "open" / "closed").chmod(0o700)
    stranger = 54321
    assert accounts.closed_at(inner, stranger, stranger) == tmp_path / "open" / "closed"
    assert accounts.closed_at(tmp_path / "open" / "x", stranger, stranger) is None
    assert accounts.closed_at(inner, os.geteuid(), os.getegid()) is None
    assert accounts.closed_at(tmp_path / "open" / "not" / "there", stranger, stranger) is None


def test_the_command_of_somebody_else() -> None:
    plain = companions.Account(65534, 65534).command(["/bin/server", "--x"])
    assert plain[-5:] == ("65534", "65534", "-", "/bin/server", "--x")
    assert "files" in companions.Account(65534, 65534, keep_files=True).command(["/bin/server"])
    assert companions.problem(None, []) is None


def test_a_jar_itself_may_be_the_archive(tmp_path: Path) -> None:
    found = engine("mariadb").artifact("Linux", "x86_64")
    assert found is not None
    jar = tmp_path / "a.jar"
    jar.write_bytes(zipped({f"{found.top}/bin/mariadbd": "x", f"{found.top}/bin/mariadb": "client",
                            f"{found.top}/share/english/errmsg.sys": "e", "META-INF/x": ""}))  # fmt: skip
    unpacking.unpack(jar, found, tmp_path / "made")
    files = sorted(p.relative_to(tmp_path / "made").as_posix() for p in (tmp_path / "made").rglob("*") if p.is_file())
    assert files == ["bin/mariadbd", "share/english/errmsg.sys"]
    assert os.access(tmp_path / "made/bin/mariadbd", os.X_OK)
    assert not os.access(tmp_path / "made/share/english/errmsg.sys", os.X_OK)
