"""A pair of real brokers for the tests: up before the first, down after the last, whole again after each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from orders import Orders

HERE = Path(__file__).resolve().parent
CLUSTER = "orders-test"


def amqctl(*args: str) -> str:
    """Standard output of one amqctl command; what it says on its way goes to the test's own log."""
    ran = subprocess.run([sys.executable, "-m", "amqctl", *args], stdout=subprocess.PIPE, text=True, check=True)
    return ran.stdout


@pytest.fixture(scope="session")
def urls() -> Iterator[dict[str, Any]]:
    offset = os.environ.get("ORDERS_TEST_PORT_OFFSET", "0")
    try:
        amqctl("up", str(HERE / "pair.yaml"), "--name", CLUSTER, "--port-offset", offset)
        yield json.loads(amqctl("urls", "-c", CLUSTER, "-o", "json", "--show-password"))
    finally:
        # no check: where `up` found its topology wrong there is nothing to take down
        subprocess.run([sys.executable, "-m", "amqctl", "down", CLUSTER, "--volumes"])


@pytest.fixture
def orders(urls: dict[str, Any]) -> Iterator[Orders]:
    application = Orders(urls["cluster"]["stomp"], urls["username"], urls["password"])
    yield application
    application.close()


@pytest.fixture
def kill_master() -> Iterator[Callable[[], None]]:
    """A function that kills the master; the pair is whole again after the test."""

    def kill() -> None:
        amqctl("kill", "master@orders", "-c", CLUSTER)

    yield kill
    amqctl("start", "all@orders", "-c", CLUSTER)
