"""Run as a program: the Java client's side of the protocol over queues in memory, committing one sin.

    python tests/fake_java.py [SIN]     dies | garbage | deaf | mute | stuck | refuses | unsure | bad-login

Python's standard library only. docs/clients.md has the protocol.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

SIN = sys.argv[1] if len(sys.argv) > 1 else ""
AHEAD = 1_000_000_000_000  # nanoseconds: a clock of its own, as on systems where two programs read two
queues: dict[str, list[dict]] = {}
taken: dict[tuple[str, str], list[dict]] = {}
browsed: dict[str, list[dict]] = {}
subscribed: dict[str, list[str]] = {}
ended = threading.Event()
lock = threading.Lock()


def tell(**line: object) -> None:
    with lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def mono() -> int:
    return time.monotonic_ns() + AHEAD


def produce(asked: dict) -> None:
    """One producer at the first address; then interrupted, and served by the second one."""
    first, second = asked["url"].removeprefix("failover:(").partition(")")[0].split(",")
    nodes = [first.partition("//")[2], second.partition("//")[2]]
    who = f"{asked['who']}-0"

    def say(op: str, key: str = "", node: str = nodes[0], **more: object) -> None:
        tell(load=asked["load"], op=op, who=who, id=key, mono=mono(), wall=0, node=node, **more)

    for number in range(1, 4):
        say("invoke", f"{who}-{number}")
        if SIN == "dies":
            os._exit(3)  # also from a thread
        if SIN == "garbage":
            print("SLF4J: something of a library", flush=True)
        say("ok", f"{who}-{number}")
    say("invoke", f"{who}-4")
    say("interrupted")
    say("resumed", node=nodes[1])
    say("ok", f"{who}-4", nodes[1])
    say("invoke", f"{who}-5", nodes[1])
    if SIN == "stuck":
        return
    say("fail", f"{who}-5", nodes[1], because="SecurityException: no")
    ended.set()


def perform(asked: dict) -> dict:
    todo, name = asked["do"], asked.get("c", "")
    if todo == "clock":
        return {"mono": mono(), "wall": 0}
    if todo == "login" and SIN == "bad-login":
        return {"failed": "info", "because": "the key cannot be read"}
    if todo == "send":
        return send(asked)
    if todo == "subscribe":
        subscribed.setdefault(name, []).append(asked["queue"])
    elif todo == "browse":
        browsed[name] = list(queues.get(asked["queue"], []))
    elif todo == "receive":
        if name in browsed:
            return {"messages": browsed.pop(name), "end": True}
        found: list[dict] = []
        for queue in subscribed[name]:
            waiting = queues.get(queue, [])
            while waiting and len(found) < asked["max"]:
                found.append(waiting.pop(0))
                taken.setdefault((name, queue), []).append(found[-1])
        return {"messages": found}
    elif todo == "ack":
        ids = [m["id"] for m in taken[name, asked["queue"]]]
        upto = ids.index(asked["id"])
        del taken[name, asked["queue"]][0 if asked["upto"] else upto : upto + 1]
    elif todo in ("close", "cut"):
        for (owner, queue), messages in taken.items():
            if owner == name:
                queues.setdefault(queue, [])[:0] = messages
                messages.clear()
    elif todo == "stop":
        return {"left": 0 if ended.wait(asked["within"] / 1000) else 1}
    return {}


def send(asked: dict) -> dict:
    if SIN == "dies":
        print("out of memory", file=sys.stderr)
        os._exit(3)
    if SIN == "garbage":
        print("SLF4J: something of a library", flush=True)
    if SIN == "refuses":
        return {"failed": "fail", "because": "SecurityException: not authorized"}
    if SIN == "unsure":
        return {"failed": "info", "because": "EOFException"}
    waiting = queues.setdefault(asked["queue"], [])
    keys = ("queue", "body", "persistent", "properties")
    waiting.append({"id": f"ID:{len(waiting)}", **{key: asked[key] for key in keys}})
    return {}


def main() -> None:
    if SIN == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for line in sys.stdin:
        asked = json.loads(line)
        if SIN == "mute" and asked["do"] == "send":
            continue
        tell(re=asked["n"], **perform(asked))
        if asked["do"] == "produce":
            threading.Thread(target=produce, args=(asked,), daemon=True).start()
    if SIN == "deaf":
        threading.Event().wait(60)


if __name__ == "__main__":
    main()
