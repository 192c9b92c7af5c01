"""Passwords: generated once and kept to oneself, or read from where the user keeps them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from amqctl.errors import CannotRun
from amqctl.provision.secrets import forget, load, load_or_create
from amqctl.topology.settled import PasswordSource, SettledUser

GENERATED = PasswordSource("generated")


def user(name: str, source: PasswordSource = GENERATED) -> SettledUser:
    return SettledUser(name, source, ())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "secrets" / "c.json"


def test_generated_once_and_kept(path: Path) -> None:
    first = load_or_create(path, [user("a"), user("b")], {})
    assert len(set(first.values())) == 2
    assert min(map(len, first.values())) >= 32
    assert load_or_create(path, [user("a"), user("b")], {}) == first


def test_only_the_owner_may_read_it(path: Path) -> None:
    load_or_create(path, [user("a")], {})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [p for p in path.parent.iterdir() if p.suffix in (".part", ".new")] == []


def test_a_user_more_leaves_the_others_as_they_are(path: Path) -> None:
    first = load_or_create(path, [user("a")], {})
    second = load_or_create(path, [user("a"), user("b")], {})
    assert second["a"] == first["a"]
    assert set(load_or_create(path, [user("b")], {})) == {"b"}
    assert load_or_create(path, [user("a")], {}) == first


def test_variables_and_files_are_read_each_time_and_never_written(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "pw"
    file.write_text("from a file \r\n")
    users = [user("e", PasswordSource("env", "PW")), user("f", PasswordSource("file", str(file)))]
    assert load_or_create(path, users, {"PW": "x"}) == {"e": "x", "f": "from a file "}
    assert load_or_create(path, users, {"PW": "y"})["e"] == "y"
    assert not path.exists()


def test_everything_that_is_missing_is_told_at_once(path: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    users = [
        user("a", PasswordSource("env", "NONE")),
        user("b", PasswordSource("env", "EMPTY")),
        user("c", PasswordSource("file", str(tmp_path / "none"))),
        user("d", PasswordSource("file", str(tmp_path / "empty"))),
        user("e", PasswordSource("file", str(tmp_path / "binary"))),
        user("f"),
    ]
    with pytest.raises(CannotRun) as caught:
        load_or_create(path, users, {"EMPTY": ""})
    assert len(caught.value.problems) == 5
    assert all(problem.fix for problem in caught.value.problems)
    assert not path.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', '{"a": ""}'])
def test_a_file_that_cannot_be_read_is_not_overwritten(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(CannotRun, match="cannot be read"):
        load_or_create(path, [user("a")], {})
    assert path.read_text() == content


def test_many_at_once_agree(path: Path) -> None:
    users = [user(name) for name in "abc"]
    with ThreadPoolExecutor(8) as pool:
        found = [dict(one) for one in pool.map(lambda _: load_or_create(path, users, {}), range(16))]
    assert all(one == found[0] for one in found)
    assert json.loads(path.read_text()) == found[0]


def test_forgotten(path: Path) -> None:
    first = load_or_create(path, [user("a")], {})
    forget(path)
    forget(path)
    assert list(path.parent.iterdir()) == []
    assert load_or_create(path, [user("a")], {}) != first


def test_lost_passwords_of_a_cluster_that_is_there_are_not_made_anew(path: Path) -> None:
    with pytest.raises(CannotRun, match="the passwords of user a, user b are lost") as caught:
        load(path, [user("a"), user("b")], {})
    assert "amqctl up FILE" in str(caught.value)
    assert not path.exists()
    made = load_or_create(path, [user("a")], {})
    assert load(path, [user("a"), user("c", PasswordSource("env", "PW"))], {"PW": "x"}) == {**made, "c": "x"}
    with pytest.raises(CannotRun, match="user b"):
        load(path, [user("a"), user("b")], {})
