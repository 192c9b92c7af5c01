"""What of a store in a database cannot be meant."""

from __future__ import annotations

import pytest

from tests.builders import PAIR, problem, problems
from tests.unit.test_jdbc import EXISTING, group, properties, rendered, tree

# ---- what cannot be meant

DB = "companions: {db: mysql}\ngroups:\n  "
URL = "groups:\n  "
MISTAKES = {
    "no such companion": (DB + group("server: dbb"), 5, "there is no companion dbb", "did you mean db?"),
    "an administrator": (DB + group("server: db, user: root"), 5, "root is the administrator of db", "another user"),
    "an odd user": (DB + group("server: db, user: a b"), 5, '"a b" is no user that amqctl makes on MySQL', "letters"),
    "a database and a url": (URL + group(EXISTING + ", database: x"), 4, "the URL says which", "remove"),
    "no user": (URL + group("url: 'jdbc:mysql://h/a'"), 4, "needs its user and password", "{env: NAME}"),
    "a generated password": (
        URL + group("url: 'jdbc:mysql://h/a', user: u, password: generated"),
        4,
        "has its password already",
        "{env: NAME}",
    ),
    "no JDBC URL": (
        URL + group("url: 'mysql://h/a', user: u, password: {env: X}, driver: x.jar"),
        4,
        "mysql://h/a is no JDBC URL",
        "",
    ),
    "no known driver": (
        URL + group("url: 'jdbc:h2:tcp://h/a', user: u, password: {env: X}"),
        4,
        "knows no driver",
        "Maven coordinate",
    ),
    "Derby with a row lock": (
        "companions: {db: derby}\ngroups:\n  " + group("server: db, locker: database"),
        5,
        "a second broker becomes master beside a healthy one",
        "locker: lease",
    ),
    "an embedded Derby for two": (
        URL + group("url: 'jdbc:derby:/d;create=true', user: u, password: {env: X}"),
        4,
        "for one broker only",
        "derby",
    ),
    "a lease that ends": (
        DB + group("server: db, locker: lease, lockKeepAlivePeriod: 800"),
        5,
        "a renewal every 800 ms",
        "at most 750",
    ),
    "a lease that is never renewed": (
        DB + group("server: db, locker: lease, lockKeepAlivePeriod: 0"),
        5,
        "never renews the lease",
        "leave it out",
    ),
    "an attribute that is said elsewhere": (
        DB + group("server: db, set: {useLock: false}"),
        5,
        "useLock cannot be set here: without the lock",
        "remove useLock",
    ),
    "a password as a parameter": (
        DB + group("server: db, params: {password: x}"),
        5,
        "password is no parameter",
        "write `password`",
    ),
    "a setting of amqctl's own": (
        f"companions: {{db: {{mysql: {{settings: {{port: 1}}}}}}}}\n{PAIR}",
        3,
        "set by amqctl",
        "",
    ),
    "a port of a broker's": (
        "companions: {db: {mysql: {port: 61616}}}\n" + PAIR,
        4,
        "port 61616 is claimed twice: db mysql (line 3)",
        "",
    ),
    "a group's name": ("companions: {A: mysql}\n" + PAIR, 3, "companion A has the name of group a (line 4)", "rename"),
    "a broker's name": (
        "companions: {A-1: mysql}\n" + PAIR,
        4,
        "broker a-1 has the name of companion A-1 (line 3)",
        "",
    ),
    "a prefix that needs quotes": (DB + group("server: db, tablePrefix: a-b"), 5, '"a-b" is not', "letters"),
}


@pytest.mark.parametrize(("text", "line", "what", "fix"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_meant(text: str, line: int, what: str, fix: str) -> None:
    found = problem(text)
    assert what in found.what
    assert fix in found.fix
    assert found.line == line, str(found)


@pytest.mark.parametrize("prefix", ["", ", tablePrefix: x_"])
def test_two_groups_on_the_same_tables_are_told_with_both_lines(prefix: str) -> None:
    a, b = (group(f"server: db, database: amq{prefix}", name=name) for name in "ab")
    found = problem(f"{DB}{a}\n  {b}")
    assert found.what.startswith("b and a (line 5) keep their tables in one database, amq of db")
    assert found.line == 6
    assert "tablePrefix" in found.fix


def test_two_groups_on_one_url_are_told_unless_oracle_keeps_users_apart() -> None:
    oracle = "url: 'jdbc:oracle:thin:@h:1521:X', password: {env: P}, user: "
    assert not problems(f"groups: {{{group(oracle + 'u')}, {group(oracle + 'v', name='b')}}}")
    assert (
        "one database, jdbc:postgresql://h/amq"
        in problem(f"groups: {{{group(EXISTING)}, {group(EXISTING, name='b')}}}").what
    )


def test_one_user_has_one_password() -> None:
    a = group("server: db, user: u, password: {env: A}")
    found = problem(f"{DB}{a}\n  {group('server: db, user: u', name='b')}")
    assert (found.what, found.line) == ("user u of db has another password (line 5)", 6)


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:mysql://u:hunter2@h/a",
        "jdbc:mysql://h/a?user=u&password=hunter2",
        "jdbc:oracle:thin:scott/hunter2@h:1:X",
        "jdbc:derby://h:1/a;user=u;password=hunter2",
        "jdbc:postgresql://h/a?sslpassword=1&PASSWORD=hunter2",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    found = problem(f"groups: {{{group(f'url: {url!r}, user: u, password: {{env: X}}')}}}")
    assert found.what == "the URL has a password in it"
    assert "hunter2" not in str(found)


def test_an_embedded_derby_for_one_broker() -> None:
    embedded = "url: 'jdbc:derby:/d/amq;create=true', user: u, password: {env: X}"
    plan, files = rendered(f"groups: {{{group(embedded, brokers=1)}}}")
    assert plan.nodes[0].jars == tuple(
        f"org.apache.derby:{n}:10.16.1.1" for n in ("derby", "derbyshared", "derbytools")
    )
    assert "driverClassName" not in properties(tree(files, "a-1"))
