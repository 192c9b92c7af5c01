"""Compiling the Java client: against exactly one distribution's client, complete or absent. Its Java is played."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from amqctl.activemq import javaclient as pure
from amqctl.activemq.distribution import SCHEMA
from amqctl.errors import NotProvisioned
from amqctl.events import silent
from amqctl.provision import dist, javaclient
from amqctl.provision.sources import Sources

# Plays the Eclipse compiler: its "class files" are what it was given to compile.
JAVA = """#!/bin/sh
echo run >> "$(dirname "$0")/../runs"
[ -e "$(dirname "$0")/../hang" ] && exec sleep 30
[ -e "$(dirname "$0")/../refuse" ] && { echo "Main.java: cannot be resolved"; exit 255; }
for word; do [ "$last" = -d ] && classes=$word; last=$word; done
mkdir -p "$classes/amqctl"
for file in "$last"/amqctl/*.java; do cp "$file" "$classes/amqctl/$(basename "$file" .java).class"; done
"""
JARS = {
    "6.1.7": ("activemq-client-6.1.7.jar", "jakarta.jms-api-3.1.0.jar", "hawtbuf-1.11.jar", "slf4j-api-2.0.16.jar",
              "activemq-broker-6.1.7.jar", "hawtbuf-proto-1.11.jar"),
    "5.18.3": ("activemq-client-5.18.3.jar", "jakarta.jms-api-2.0.3.jar", "hawtbuf-1.11.jar", "slf4j-api-2.0.9.jar"),
    "5.14.5": ("activemq-client-5.14.5.jar", "geronimo-jms_1.1_spec-1.1.1.jar", "hawtbuf-1.11.jar",
               "geronimo-j2ee-management_1.1_spec-1.0.1.jar", "slf4j-api-1.7.13.jar"),
}  # fmt: skip


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "java"
    (home / "bin").mkdir(parents=True)
    (home / "release").write_text('JAVA_VERSION="17.0.9"\n')
    (home / "bin" / "java").write_text(JAVA)
    (home / "bin" / "java").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(home))
    return home


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A cache that has the distributions and the compiler, and no network."""
    cache = tmp_path / "cache"
    for version, jars in JARS.items():
        home = cache / "dist" / f"apache-activemq-{version}"
        (home / "lib").mkdir(parents=True)
        for jar in jars:
            with zipfile.ZipFile(home / "lib" / jar, "w") as packed:
                if "jms-api" in jar or "geronimo-jms" in jar:
                    package = "jakarta" if version.startswith("6") else "javax"
                    packed.writestr(f"{package}/jms/Connection.class", "")
        (home / SCHEMA).write_text("")
        note = {"format": dist.FORMAT, "version": version, "kind": "archive", "digest": f"digest of {version}",
                "class_path": [f"lib/{jar}" for jar in jars]}  # fmt: skip
        (home / dist.MANIFEST).write_text(json.dumps(note))
    compiler = cache / "maven" / pure.COMPILER.path
    compiler.parent.mkdir(parents=True)
    compiler.write_bytes(b"the compiler")
    compiler.with_name(compiler.name + ".sha1").write_text(hashlib.sha1(b"the compiler").hexdigest())
    return Sources(cache=cache, offline=True)


def program(found: javaclient.JavaClient) -> Path:
    return Path(found.command[found.command.index("-cp") + 1].split(":")[0])


def runs(java: Path) -> int:
    return len((java / "runs").read_text().splitlines())


@pytest.mark.parametrize(("version", "package"), [("6.1.7", "jakarta"), ("5.18.3", "javax"), ("5.14.5", "javax")])
def test_the_package_is_the_one_of_the_api_and_not_of_its_name(
    version: str, package: str, java: Path, sources: Sources
) -> None:
    found = javaclient.obtain(version, sources, silent)
    with zipfile.ZipFile(program(found)) as packed:
        text = packed.read("amqctl/Load.class").decode()
        assert {Path(n).stem for n in packed.namelist()} == {Path(n).stem for n in javaclient.source()}
    assert f"import {package}.jms.Session;" in text
    other = {"jakarta": "javax", "javax": "jakarta"}[package]
    assert f"{other}.jms" not in text


def test_only_the_client_is_on_its_class_path(java: Path, sources: Sources) -> None:
    line = javaclient.obtain("6.1.7", sources, silent).command
    names = [Path(p).name for p in line[line.index("-cp") + 1].split(":")][1:]
    assert sorted(names) == sorted(JARS["6.1.7"][:4])
    assert line[-1] == pure.MAIN


def test_it_is_compiled_once_for_each_distribution(java: Path, sources: Sources) -> None:
    first = javaclient.obtain("6.1.7", sources, silent)
    assert javaclient.obtain("6.1.7", sources, silent) == first and runs(java) == 1
    assert program(javaclient.obtain("5.18.3", sources, silent)) != program(first) and runs(java) == 2


def test_one_that_was_damaged_is_made_anew(java: Path, sources: Sources) -> None:
    place = program(javaclient.obtain("6.1.7", sources, silent))
    place.write_bytes(place.read_bytes()[:-40])
    javaclient.obtain("6.1.7", sources, silent)
    assert runs(java) == 2 and zipfile.ZipFile(place).testzip() is None


def test_killed_while_it_compiles_the_next_one_makes_it(java: Path, sources: Sources) -> None:
    (java / "hang").touch()
    code = (
        "from pathlib import Path; from amqctl.provision import javaclient;"
        "from amqctl.provision.sources import Sources; from amqctl.events import silent;"
        f"javaclient.obtain('6.1.7', Sources(cache=Path({str(sources.cache)!r}), offline=True), silent)"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    while not (java / "runs").exists() and child.poll() is None:
        pass
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    (java / "hang").unlink()
    assert not list((sources.cache / "java").glob("*.jar")), "nothing half-made has its name"
    assert program(javaclient.obtain("6.1.7", sources, silent)).is_file()
    assert not [p for p in (sources.cache / "scratch").glob("run-*") if p.is_dir()], "swept"


def test_what_the_compiler_says_is_said(java: Path, sources: Sources) -> None:
    (java / "refuse").touch()
    with pytest.raises(NotProvisioned, match="cannot be compiled: Main.java: cannot be resolved"):
        javaclient.obtain("6.1.7", sources, silent)
    assert not list((sources.cache / "java").glob("*.jar"))


def test_offline_without_the_compiler(java: Path, sources: Sources) -> None:
    (sources.cache / "maven" / pure.COMPILER.path).unlink()
    with pytest.raises(NotProvisioned, match="offline, and not in the cache: ecj-3.33.0.jar"):
        javaclient.obtain("6.1.7", sources, silent)


def test_a_copy_without_a_jms_api(java: Path, sources: Sources) -> None:
    for jar in (sources.cache / "dist" / "apache-activemq-6.1.7" / "lib").glob("jakarta.jms*"):
        with zipfile.ZipFile(jar, "w"):
            pass
    with pytest.raises(NotProvisioned, match="has no JMS API"):
        javaclient.obtain("6.1.7", sources, silent)
