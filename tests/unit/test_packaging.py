"""The wheel holds what a checkout has beside the package: templates and topologies."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    line = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", str(target)]
    ran = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    [built] = target.glob("amqctl-*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


@pytest.mark.parametrize(("directory", "pattern"), [("templates", "*.j2"), ("topologies", "*")])
def test_the_wheel_has_them_inside_the_package(directory: str, pattern: str, names: set[str]) -> None:
    files = sorted(p.name for p in (REPOSITORY / directory).glob(pattern))
    assert files
    assert {f"amqctl/{directory}/{name}" for name in files} <= names


def test_the_wheel_has_every_module_and_nothing_else(names: set[str]) -> None:
    modules = {p.relative_to(REPOSITORY).as_posix() for p in (REPOSITORY / "amqctl").rglob("*.py")}
    assert modules == {n for n in names if n.endswith(".py")}
    assert not any(n.startswith(("tests/", "docs/", "examples/", "bench/")) for n in names)


def test_the_wheel_has_the_java_source(names: set[str]) -> None:
    files = {p.relative_to(REPOSITORY).as_posix() for p in (REPOSITORY / "amqctl" / "java").rglob("*.java")}
    assert len(files) >= 6 and files <= names
    assert not any(n.endswith(".class") or n.endswith(".jar") for n in names)


def test_the_unpacked_wheel_renders_and_knows_its_topologies(wheel: Path, tmp_path: Path) -> None:
    """Away from the checkout: the templates and topologies that it finds can only be its own."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import amqctl.cli;"
        f"assert amqctl.__file__.startswith({str(tmp_path)!r}), amqctl.__file__; amqctl.cli.main()"
    )
    line = [sys.executable, "-c", code, "render", "pair", "-d", "out", "--offline"]
    ran = subprocess.run(
        line, cwd=tmp_path, env={"AMQCTL_HOME": str(tmp_path / "home")}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / "orders-1" / "activemq.xml").is_file()
    entry = zipfile.ZipFile(wheel).read(next(n for n in zipfile.ZipFile(wheel).namelist() if n.endswith("points.txt")))
    assert b"amqctl = amqctl.cli:main" in entry
