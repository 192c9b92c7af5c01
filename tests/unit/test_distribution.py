"""What a copy consists of, as data."""

from __future__ import annotations

import dataclasses

import pytest

from amqctl.activemq import distribution
from amqctl.activemq.distribution import Coordinate, Modules, Repair


def test_a_coordinate_is_a_path_of_a_maven_repository() -> None:
    archive = Coordinate("org.apache.activemq", "apache-activemq", "5.18.3", "bin", "tar.gz")
    assert archive.path == "org/apache/activemq/apache-activemq/5.18.3/apache-activemq-5.18.3-bin.tar.gz"
    assert str(archive) == "org.apache.activemq:apache-activemq:5.18.3:bin@tar.gz"
    assert str(Coordinate("g", "a", "1")) == "g:a:1"


@pytest.mark.parametrize(
    ("version", "kinds"),
    [
        ("5.9.1", ["archive", "modules"]),
        ("5.11.1", ["archive"]),
        ("5.14.5", ["archive", "modules"]),
        ("5.18.3", ["archive"]),
        ("6.0.1", ["archive", "modules"]),
        ("6.1.7", ["archive", "modules"]),
    ],
)
def test_the_archive_comes_first(version: str, kinds: list[str]) -> None:
    assert [recipe.kind for recipe in distribution.recipes(version)] == kinds


def modules() -> Modules:
    recipe = distribution.recipes("6.1.7")[1]
    assert isinstance(recipe, Modules)
    return recipe


def test_only_jstl_is_pinned_and_the_rest_is_the_releases_own() -> None:
    pinned = {root.artifact for root in modules().roots if root.version and "${" not in root.version}
    assert pinned == {"jakarta.servlet.jsp.jstl", "jakarta.servlet.jsp.jstl-api"}


def test_every_departure_has_its_reason() -> None:
    assert all(modules().left_out.values())
    assert all(repair.reason for repair in modules().repairs)


def test_no_root_is_left_out() -> None:
    assert not {f"{root.group}:{root.artifact}" for root in modules().roots} & set(modules().left_out)


def test_the_class_path_is_in_the_order_of_the_launcher() -> None:
    files = ["lib/web/z.jar", "lib/b.jar", "lib/a.jar", "lib/optional/m.jar", "bin/activemq.jar", "lib/a.txt"]
    files += ["lib/extra/e.jar", "webapps/admin/WEB-INF/lib/x.jar", "activemq-all-5.jar", "bin/wrapper.jar"]
    expected = ["bin/activemq.jar", "lib/a.jar", "lib/b.jar", "lib/optional/m.jar", "lib/web/z.jar", "lib/extra/e.jar"]
    assert list(distribution.class_path(files)) == expected
    assert distribution.class_path(reversed(files)) == distribution.class_path(files)


def test_the_digest_follows_parts_repairs_and_texts_but_not_their_order() -> None:
    recipe = modules()
    parts = {"a:b:1": "0" * 40, "a:c:1": "1" * 40}
    digest = distribution.digest(recipe, parts)
    assert len(digest) == 64
    assert distribution.digest(recipe, dict(reversed(parts.items()))) == digest
    others = [
        distribution.digest(recipe, {**parts, "a:c:1": "2" * 40}),
        distribution.digest(recipe, {"a:b:1": "0" * 40}),
        distribution.digest(dataclasses.replace(recipe, repairs=(*recipe.repairs, Repair("x", "y"))), parts),
        distribution.digest(dataclasses.replace(recipe, texts={**recipe.texts, "x": "y"}), parts),
        distribution.digest(None, parts),
    ]
    assert len({digest, *others}) == 6


@pytest.mark.parametrize(
    ("text", "is_one"), [("6.1.7", True), ("6.3.0-SNAPSHOT", True), ("6.1", False), ("../6.1.7", False)]
)
def test_versions(text: str, is_one: bool) -> None:
    assert distribution.is_version(text) is is_one
