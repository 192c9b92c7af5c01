"""Golden files: what is rendered now, beside what was looked at and committed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

Check = Callable[[str, Mapping[str, str]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write the golden files instead of comparing with them."
    )


@pytest.fixture
def check_golden(request: pytest.FixtureRequest) -> Check:
    """A function (directory below tests/golden, path -> text): both hold the same files with the same bytes."""
    # pytest reads this conftest late when it is not given this directory, and then the option is not there
    update = request.config.getoption("--update-golden", default=False)

    def check(directory: str, wanted: Mapping[str, str]) -> None:
        root = HERE / directory
        if update:
            _write(root, wanted)
        found = {p.relative_to(root).as_posix(): p.read_bytes().decode() for p in root.rglob("*") if p.is_file()}
        differences = [line for name in sorted({*found, *wanted}) for line in _diff(name, found, wanted)]
        if differences:
            pytest.fail(
                f"{directory} is not what is rendered now. Look at the difference; if it is meant:\n"
                f"    pytest tests/golden --update-golden\n\n" + "\n".join(differences),
                pytrace=False,
            )

    return check


def _diff(name: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    if name not in wanted:
        return [f"{name}: is not rendered any more"]
    if name not in found:
        return [f"{name}: is rendered, and has no golden file"]
    lines = difflib.unified_diff(
        found[name].splitlines(), wanted[name].splitlines(), f"golden {name}", f"rendered {name}", lineterm="", n=1
    )
    return list(lines) or ([f"{name}: differs in its ends of lines"] if found[name] != wanted[name] else [])


def _write(root: Path, wanted: Mapping[str, str]) -> None:
    for old in [p for p in root.rglob("*") if p.is_file() and p.relative_to(root).as_posix() not in wanted]:
        old.unlink()
    for name, text in wanted.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
