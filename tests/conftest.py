"""Shared fixtures. A test that starts brokers is marked `real` and uses one cache for the whole session."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.skips import pytest_make_collect_report as pytest_make_collect_report
from tests.skips import pytest_runtest_makereport as pytest_runtest_makereport


def pytest_configure() -> None:
    """A run that is told to end ends what it started: as with Ctrl-C, fixtures are torn down.

    A shell has its background jobs ignore Ctrl-C, and so would all that tests start: they are to obey again.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


@pytest.fixture(scope="session")
def amqctl_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of cache and state for real tests. AMQCTL_TEST_HOME keeps the cache from run to run."""
    kept = os.environ.get("AMQCTL_TEST_HOME")
    home = Path(kept) if kept else tmp_path_factory.getbasetemp().parent / "amqctl-home"
    home.mkdir(parents=True, exist_ok=True)
    return home.resolve()


@pytest.fixture(scope="session")
def base_image() -> Iterator[str]:
    """The base image's name, on an engine that answers. Raises LabError, and never skips, where that cannot be."""
    from filelock import FileLock

    from tests.lab import base, engine
    from tests.lab.shell import home

    with FileLock(home() / "ensure.lock"):  # of two workers, one brings it up
        engine.ensure()
        base.ensure()
    yield base.NAME


# A proof repeated for another version, runtime or maker of Java: worth having, and more than CI has time for.
LONG = (
    r"test_main_job\.py::.*\[docker-5\.18\.3\]",
    r"test_main_job\.py::test_(failover|the_whole).*\[local-5\.18\.3\]",
    r"test_sins\.py::test_(a_one_way_link|two_brokers).*\[docker",
    r"test_stores\.py::test_three_brokers.*\[docker",
    r"test_seeing\.py::.*(docker|5\.18\.3)",
    r"test_reasons\.py::.*5\.18\.3",
    r"test_secure\.py::.*(5\.\d+\.\d+|-plain)",
    r"test_secure\.py::test_(the_secure_cluster_passes_all_drills|files_and_command_lines.*)\[docker",
    r"test_companion_versions\.py::test_a_(process|container)",
    r"test_export\.py::test_an_exported_store",
    r"test_own_files\.py::(test_the_documents.*\[docker|test_own_files_with)",
    r"test_stores\.py::.*5\.18\.3",
    r"test_stores\.py::test_(several_stores|a_lease|a_store_begins.*\[docker)",
    r"test_leveldb\.py::test_(quorums|a_trio_in_containers|a_pair)",
    r"test_database_drills\.py::.*(\[(postgres|derby)|too_seldom)",
    r"test_jms\.py::test_(older|it_speaks|every_drill|a_pair|it_drills)",
    r"test_provision_real\.py::test_a_copy_boots.*\[5\.(\d+\.\d+-host|1[456]\.\d+-bundled)\]",
    r"test_zookeeper_real\.py::test_one_alone.*\[3\.9\.2\]",
    r"test_pausing\.py::.*\[docker\]",
    r"test_provision_real\.py::test_killed_while_provisioning.*\[(5\.18\.3-(unpacking-1|learn)|6\.1\.7-modules)",
    r"test_versions\.py::test_a_pair_is_moved.*\[docker",
    r"test_networks\.py::.*\[(docker-(?!multicast)|local-(ring|static-2\]|static-3|s2e|ms-plus|mesh|chain|hub|s1))",
    r"test_multicast\.py::test_with_no_option",
    r"test_s1\.py::.*\[(docker|local-stomp)",
    r"test_lint\.py::test_what_is_in_a_published_archive",
    r"test_interrupted\.py::.*",
    r"test_network_sins\.py::test_(order|a_link|a_slave|a_pair|conduit|no_conduit)",
    r"test_snippets\.py::.*5\.18\.3",
    r"test_killed_up\.py::.*\bodd\b",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(re.search(pattern, item.nodeid) for pattern in LONG):
            item.add_marker("long")
