"""Recipes of database companions: what stands where, and that no password stands anywhere else."""

from __future__ import annotations

import shlex

import pytest

from amqctl.activemq.companions import ENGINES, complaints, engine, jdbc, pools
from amqctl.activemq.companions.derby import _word
from amqctl.activemq.companions.model import Programs, Site
from amqctl.activemq.companions.mysqld import quoted

PASSWORD = "s3cret-of-the-admin"
PROGRAMS = Programs("/cache/bin/server", "/cache/bin/setup", "/cache", "16.4", "/cache/share", ("/cache/a.jar",))
SITE = Site("/state/nodes/db", "/state/servers/db", "/state/nodes/db/conf", "/state/nodes/db/tmp", "127.0.0.1", 3333)


@pytest.mark.parametrize("kind", ENGINES)
def test_no_password_but_in_files(kind: str) -> None:
    recipe = engine(kind)
    container = recipe.container({}, PASSWORD)
    setup = recipe.setup(PROGRAMS, "/state/scratch", PASSWORD)
    process = recipe.process(PROGRAMS, SITE, {}, PASSWORD)
    shown = [container.command, container.environment, setup.commands, process.command, process.environment]
    assert PASSWORD not in repr(shown)
    assert PASSWORD not in repr([container, setup, process]), "a file's text is in no repr"
    if recipe.ADMIN:  # ZooKeeper has no account
        assert any(PASSWORD in file.text for file in (*setup.files, *process.files))
        assert any(PASSWORD in file.text for file in container.files)


@pytest.mark.parametrize("kind", ENGINES)
def test_a_process_is_bound_to_its_address_and_known_by_its_directory(kind: str) -> None:
    process = engine(kind).process(PROGRAMS, SITE, {}, PASSWORD)
    words = process.command
    said = " ".join([*words, *(file.text for file in process.files)])
    assert "3333" in said and "127.0.0.1" in said
    marks = [word for word in words if word.replace("-", ".").endswith(f"amqctl.node={SITE.node}")]
    assert len(marks) == 1, words


@pytest.mark.parametrize("kind", ENGINES)
def test_the_set_up_stays_below_its_scratch_directory(kind: str) -> None:
    made = engine(kind).setup(PROGRAMS, "/state/scratch", PASSWORD)
    assert made.data == "/state/scratch/data"
    assert all(file.path.startswith("/state/scratch/") for file in made.files)


def test_settings_become_what_each_engine_reads() -> None:
    settings = {"innodb_lock_wait_timeout": 2, "skip_name_resolve": True}
    mysql = engine("mysql").container(settings, PASSWORD).command
    assert {"--innodb-lock-wait-timeout=2", "--skip-name-resolve=on"} <= set(mysql)
    assert "--max-connect-errors=1000000000" in mysql
    assert "--max-connect-errors=5" in engine("mysql").container({"max-connect-errors": 5}, PASSWORD).command
    postgres = engine("postgres").process(PROGRAMS, SITE, {"lock_timeout": "2s", "fsync": False}, PASSWORD).command
    assert postgres[-4:] == ("-c", "lock_timeout=2s", "-c", "fsync=off")
    derby = engine("derby").process(PROGRAMS, SITE, {"derby.locks.waitTimeout": 3}, PASSWORD)
    assert '"-Dderby.locks.waitTimeout=3"' in derby.files[0].text.splitlines()


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("mysql", {"innodb_lock_wait_timeout": 2}, None),
        ("mysql", {"bind-address": "0.0.0.0"}, "bind-address is set by amqctl"),
        ("mariadb", {"Port": 1}, "Port is set by amqctl"),
        ("postgres", {"listen_addresses": "*"}, "listen_addresses is set by amqctl"),
        ("derby", {"derby.locks.waitTimeout": 2}, None),
        ("derby", {"derby.drda.host": "0.0.0.0"}, "derby.drda.host is set by amqctl"),
        ("derby", {"java.io.tmpdir": "/"}, "begin with derby."),
    ],
)
def test_settings_that_cannot_be(kind: str, settings: dict[str, str | int], said: str | None) -> None:
    found = complaints(kind, settings)
    assert (not found) if said is None else (len(found) == 1 and said in found[0])


def test_images_and_their_conventions() -> None:
    for kind, image, variable in [
        ("mysql", "mysql:8.4", "MYSQL_ROOT_PASSWORD_FILE"),
        ("mariadb", "mariadb:11", "MARIADB_ROOT_PASSWORD_FILE"),
        ("postgres", "postgres:16", "POSTGRES_PASSWORD_FILE"),
    ]:
        recipe = engine(kind).container({}, PASSWORD)
        assert recipe.image == image
        assert recipe.environment[variable] == recipe.files[0].path
        assert recipe.files[0].owner == "root", "the entry point reads it before it becomes somebody else"
        assert engine(kind).container({}, PASSWORD, "registry.example/own:1").image == "registry.example/own:1"
    derby = engine("derby").container({}, PASSWORD)
    assert derby.image is None and derby.jars and derby.files[0].owner == "server"


def test_stop_signals() -> None:
    signals = {kind: engine(kind).process(PROGRAMS, SITE, {}, PASSWORD).stop_signal for kind in ENGINES}
    assert signals == {"mysql": "SIGTERM", "mariadb": "SIGTERM", "postgres": "SIGINT", "derby": "SIGTERM",
                       "zookeeper": "SIGTERM"}  # fmt: skip


def test_words_with_anything_in_them() -> None:
    assert quoted("it's \\ a\nb") == r"'it\'s \\ a\nb'"
    assert shlex.split(_word('-Dx=a "b" \\c')) == ['-Dx=a "b" \\c']


@pytest.mark.parametrize(
    ("kind", "params", "url"),
    [
        ("mysql", {"useSSL": True},
         "jdbc:mysql://db:3306/amq?relaxAutoCommit=true&useSSL=true&allowPublicKeyRetrieval=true"),
        ("mysql", {"a": "b"},
         "jdbc:mysql://db:3306/amq?relaxAutoCommit=true&useSSL=false&allowPublicKeyRetrieval=true&a=b"),
        ("mariadb", {}, "jdbc:mariadb://db:3306/amq"),
        ("postgres", {"options": "-c a=b&c"}, "jdbc:postgresql://db:3306/amq?options=-c%20a%3Db%26c"),
        ("derby", {"create": True}, "jdbc:derby://db:3306/amq;create=true"),
    ],
)  # fmt: skip
def test_urls(kind: str, params: dict[str, str | bool], url: str) -> None:
    assert jdbc.url(kind, "db", 3306, "amq", params) == url
    found = jdbc.of_url(url)
    assert found is not None and found.name == kind


def test_urls_of_databases_that_are_no_companions() -> None:
    oracle = jdbc.of_url("jdbc:oracle:thin:@h:1521:AMQDB")
    assert oracle is not None and oracle.adapter == "oracleJDBCAdapter"
    assert jdbc.of_url("jdbc:db2://h/x") is None
    assert jdbc.url("mysql", "::1", 1, "a/b").startswith("jdbc:mysql://[::1]:1/a%2Fb?")


def test_the_driver_follows_the_server() -> None:
    assert jdbc.driver("mysql", "8.4").jars[0].version == "8.0.33"
    assert jdbc.driver("mysql", "").jars[0].version == "8.0.33"
    assert jdbc.driver("mysql", "5.6").name == "com.mysql.jdbc.Driver"
    assert jdbc.driver("mariadb", "5.5").name == "org.mariadb.jdbc.Driver"


def test_the_version_of_an_image() -> None:
    found = {image: jdbc.version_of(image) for image in
             ("mysql:8.4", "mysql", "mysql:latest", "reg.example:5000/mysql", "reg.example:5000/mysql:5.6.24-lab",
              "postgres:16@sha256:00")}  # fmt: skip
    assert list(found.values()) == ["8.4", "", "", "", "5.6.24", "16"]


def test_only_derbys_row_lock_is_refused() -> None:
    assert [name for name, dialect in jdbc.DIALECTS.items() if dialect.database_locker] == ["derby"]


def test_pools_come_from_the_copy_where_it_has_them() -> None:
    new = ["lib/optional/commons-dbcp2-2.10.0.jar", "lib/optional/commons-pool2-2.12.0.jar", "lib/jcl-over-slf4j-2.jar"]
    old = ["lib/optional/commons-dbcp-1.4.jar", "lib/optional/commons-pool-1.6.jar", "lib/jcl-over-slf4j-1.jar"]

    def names(pool: str, jars: list[str]) -> list[str]:
        return [jar.artifact for jar in pools.missing(pool, jars)]

    assert names("dbcp2", new) == names("dbcp1", old) == []
    assert names("dbcp2", old) == ["commons-dbcp2", "commons-pool2"]
    assert names("dbcp1", new) == ["commons-dbcp", "commons-pool"]
    assert names("dbcp1", ["lib/commons-pool-1.5.jar"]) == ["commons-dbcp", "commons-logging"]
