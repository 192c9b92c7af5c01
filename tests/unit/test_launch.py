"""The command line of a broker's JVM."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import cast

import pytest

from amqctl.activemq import launch
from amqctl.activemq.launch import NodeDirs
from amqctl.activemq.versions import caps
from amqctl.topology.settled import JvmSettings

FAST = JvmSettings("256m", "fast-start")
NODE = NodeDirs("/n/conf", "/n/data", "/n/tmp", "/n", 8161)


@dataclass(frozen=True)
class Copy:
    home: Path = Path("/dist")
    class_path: tuple[Path, ...] = (Path("/dist/bin/activemq.jar"), Path("/dist/lib/a.jar"))


def line(
    version: str = "6.1.7",
    jvm: JvmSettings = FAST,
    node: NodeDirs = NODE,
    copy: Copy = Copy(),  # noqa: B008
    archive: str | None = None,
) -> list[str]:
    return list(launch.command("/jre/bin/java", copy, node, jvm, caps(version), archive))


def test_the_whole_line() -> None:
    words = line()
    assert words[0] == "/jre/bin/java"
    assert "-Xmx256m" in words
    assert words[-5:] == [
        "-cp",
        "/dist/bin/activemq.jar:/dist/lib/a.jar",
        "org.apache.activemq.console.Main",
        "start",
        "xbean:file:///n/conf/activemq.xml",
    ]
    for word in (
        "-Damqctl.node=/n",
        "-Dactivemq.home=/dist",
        "-Dactivemq.conf=/n/conf",
        "-Dactivemq.data=/n/data",
        "-Djava.io.tmpdir=/n/tmp",
        "-Djava.security.auth.login.config=/n/conf/login.config",
        "-Djolokia.conf=file:///n/conf/jolokia-access.xml",
        "-Dwebconsole.type=invm",
    ):
        assert word in words


@pytest.mark.parametrize(
    ("version", "word"),
    [
        ("5.16.6", "-Dlog4j.configuration=file:///n/conf/log4j.properties"),
        ("5.18.3", "-Dlog4j2.configurationFile=file:///n/conf/log4j2.properties"),
    ],
)
def test_logging_is_configured_as_the_version_reads_it(version: str, word: str) -> None:
    assert word in line(version)


def test_profiles() -> None:
    assert "-XX:TieredStopAtLevel=1" in line()
    assert not [word for word in line(jvm=JvmSettings("1g", "normal")) if word.startswith("-XX")]


def test_the_users_own_arguments_come_after_ours_and_before_the_class_path() -> None:
    words = line(jvm=JvmSettings("1g", "fast-start", ("-Xss512k",)))
    assert words.index("-XX:+UseSerialGC") < words.index("-Xss512k") < words.index("-cp")


def test_an_archive_is_used_where_there_is_one() -> None:
    assert "-XX:SharedArchiveFile=/c/x.jsa" in line(archive="/c/x.jsa")
    assert not [word for word in line() if "Shared" in word or "share" in word]


def test_all_of_the_archives_lines_have_one_class_path() -> None:
    """It must be the same to the byte."""
    copy = Copy()
    lines = [
        line(archive="a"),
        list(launch.training_command("j", copy, NODE, FAST, caps("6.1.7"), "classes")),
        list(launch.dump_command("j", copy, FAST, "classes", "a")),
        list(launch.check_command("j", copy, FAST, "a")),
    ]
    assert len({words[words.index("-cp") + 1] for words in lines}) == 1
    opened = [[word for word in words if word.startswith("--add")] for words in lines]
    assert opened[0]
    assert all(one == opened[0] for one in opened)


def test_no_directory_is_on_the_class_path() -> None:
    assert all(entry.endswith(".jar") for entry in launch.class_path(Copy()).split(":"))


def test_blanks_and_percent_signs_survive_as_activemq_decodes_them() -> None:
    words = line(node=NodeDirs("/a b%20c/conf", "/d", "/t", "m", 8161))
    assert words[-1] == "xbean:file:///a%20b%252520c/conf/activemq.xml"
    assert "-Djolokia.conf=file:///a%20b%2520c/conf/jolokia-access.xml" in words


def test_old_jsp_engines_are_shown_the_tag_libraries() -> None:
    jars = tuple(Path("/dist/lib/web") / name for name in ("jetty-all-9.2.13.jar", "taglibs-standard-impl-1.2.5.jar"))
    words = line("5.14.5", copy=Copy(class_path=jars))
    assert "-Dactivemq.classpath=/dist/lib/web/taglibs-standard-impl-1.2.5.jar" in words
    assert not [word for word in line("5.18.3", copy=Copy(class_path=jars[1:])) if "activemq.classpath" in word]


def test_windows_separates_with_semicolons() -> None:
    home = cast(Path, PureWindowsPath("C:/dist"))
    assert ";" in launch.class_path(Copy(home=home))
