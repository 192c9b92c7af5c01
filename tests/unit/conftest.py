"""Fixtures of the unit tests: a fresh machine with a command line, and a Maven repository that does as it is told."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amqctl.cli import run
from amqctl.cluster.intent import Intent
from amqctl.provision.sources import Sources
from tests.done import Done
from tests.unit.commandline import MAIN, keep_passwords
from tests.unit.fake_maven import FakeMaven, fake_maven


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh machine's state; the directory itself is not there yet."""
    for name in ("AMQCTL_CACHE", "AMQCTL_OFFLINE", "AMQCTL_MAVEN_MIRROR", "AMQCTL_CA_BUNDLE", "AMQCTL_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AMQCTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AMQCTL_RUNTIME", "local")  # what an engine of this machine has is nobody's business here
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def amq(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """Run one command line in this process. stdin: text, or anything with read()."""

    def amq_(*args: str, stdin: Any = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin) if isinstance(stdin, str) else stdin)
        code = run(args)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return Done(code, captured.out, captured.err)

    return amq_


@pytest.fixture
def recorded(home: Path) -> Path:
    """A cluster that was brought up once and of which no process is left."""
    root = home / "state" / "clusters" / "ms-plus-cluster"
    root.mkdir(parents=True)
    (root / "intent.json").write_text(Intent(MAIN, None).dump())
    keep_passwords(home, "ms-plus-cluster")
    return root


@pytest.fixture
def maven() -> Iterator[FakeMaven]:
    with fake_maven() as repository:
        yield repository


@pytest.fixture
def sources(maven: FakeMaven, tmp_path: Path) -> Sources:
    return Sources(cache=tmp_path / "cache", mirror=maven.url, retries=0)
