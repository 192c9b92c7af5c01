"""Where nothing may be skipped, what is skipped fails, however it came about."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import VARIABLE

REPOSITORY = Path(__file__).resolve().parents[2]
WAYS = {
    "in the test": "def test_it(): pytest.skip('no engine here')\n",
    "by a mark": "@pytest.mark.skipif(True, reason='no engine here')\ndef test_it(): pass\n",
    "in a fixture": "@pytest.fixture\ndef it(): pytest.skip('no engine here')\ndef test_it(it): pass\n",
    "for the whole module": "pytest.skip('no engine here', allow_module_level=True)\n",
}


def run(text: str, where: Path, value: str) -> subprocess.CompletedProcess[str]:
    (where / "test_one.py").write_text(f"import pytest\n{text}")
    (where / "pytest.ini").write_text("[pytest]\n")
    line = [sys.executable, "-m", "pytest", "-q", "-p", "tests.skips", "-p", "no:cacheprovider", "test_one.py"]
    env = {**os.environ, VARIABLE: value, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(line, cwd=where, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("way", WAYS)
def test_a_skip_fails_with_its_reason(way: str, tmp_path: Path) -> None:
    done = run(WAYS[way], tmp_path, "1")
    assert done.returncode != 0
    assert "no engine here" in done.stdout and f"{VARIABLE}=1 forbids that" in done.stdout


def test_a_developer_may_lack_something(tmp_path: Path) -> None:
    done = run(WAYS["in the test"], tmp_path, "")
    assert done.returncode == 0 and "1 skipped" in done.stdout


def test_what_is_known_to_fail_is_no_skip(tmp_path: Path) -> None:
    done = run("@pytest.mark.xfail\ndef test_it(): raise ValueError\n", tmp_path, "1")
    assert done.returncode == 0 and "1 xfailed" in done.stdout
