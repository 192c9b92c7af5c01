"""What goes on until somebody leaves it: top on a terminal, metrics that are served."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from amqctl.cli.serving import server
from amqctl.errors import AmqctlError, CannotRun
from tests.fake_broker import served
from tests.unit.test_attach import file_of, two_pairs


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_top_on_a_terminal_is_left_by_q_and_by_ctrl_c(key: str, tmp_path: Path) -> None:
    brokers = two_pairs()
    with served(*brokers.values()):
        file = file_of(brokers, tmp_path)
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "amqctl", "top", "--attach", file, "--interval", "0.3"]
        env = os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40", "AMQCTL_HOME": str(tmp_path)}
        running = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True,
            preexec_fn=lambda: _own_terminal(theirs),
        )  # fmt: skip
        os.close(theirs)
        shown = b""
        while b"b1" not in shown or b"orders" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, key.encode())
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # it has gone, and its terminal with it
                break
        assert running.wait(timeout=20) == 0
        os.close(ours)
    text = shown.decode(errors="replace")
    assert "a-to-b" in text
    assert "MASTER" in text
    assert "\x1b[?1049l" in text, "the screen is given back"
    assert "Traceback" not in text


def _own_terminal(descriptor: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)  # else Ctrl-C is no signal


def test_metrics_are_served_and_a_cluster_that_cannot_be_looked_at_is_a_503() -> None:
    answers = [lambda: "amqctl_ready 1\n", _fails]
    with server("127.0.0.1", 0, lambda: answers[0]()) as serving:
        threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        base = f"http://127.0.0.1:{serving.server_address[1]}"
        with urllib.request.urlopen(f"{base}/metrics") as response:
            assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert response.read() == b"amqctl_ready 1\n"
        assert _refused(f"{base}/") == (404, "metrics are at /metrics\n")
        answers.pop(0)
        assert _refused(f"{base}/metrics") == (503, "no engine\n")
        with pytest.raises(CannotRun, match="127.0.0.1"):
            server("127.0.0.1", serving.server_address[1], str)
        serving.shutdown()


def _fails() -> str:
    raise AmqctlError("no engine")


def _refused(url: str) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    with caught.value as answer:
        return answer.code, answer.read().decode()
