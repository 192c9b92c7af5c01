"""A network that lost a broker, that starts in order, that looks for its members."""

from __future__ import annotations

from collections import Counter
from typing import Any

from amqctl.drills import history as h
from amqctl.drills.model import History, Verdict

_STATES = {
    "single-down": "without the single broker", "master-down": "without the pair's master",
    "slave-down": "without the pair's waiting broker", "restarted": "after the start in order",
}  # fmt: skip

_LOST = ("kill", "kill-slave", "stop-group")


def served_in_each_state(history: History) -> Verdict:
    claim = "whichever broker is lost, what is left serves, and after it all do"
    facts = h.setup(history)
    counts = [op for op in history if op.what in ("sending", "consuming")]
    for op in counts:
        if op.phase == "fail":
            done, of, group = (op.value[key] for key in ("done", "of", "group"))
            verb = "consumed" if op.what == "consuming" else "acknowledged"
            text = f"{_state(op.value['queue'])}: {done} of {of} messages {verb} at {group}: {op.value['because']}"
            return Verdict(claim, False, text)
    if broken := next((op for op in history if op.what == "whole" and op.phase == "fail"), None):
        lost = next((op.node for op in reversed(history) if op.what in _LOST and op.at < broken.at), "what was lost")
        return Verdict(claim, False, f"when {lost} was back, the cluster was not: {broken.value}")
    if len(counts) < facts["counted"]:
        return Verdict(claim, None, f"the script came to {len(counts)} of its {facts['counted']} counts")
    states = dict.fromkeys(_state(op.value["queue"]) for op in counts)
    return Verdict(claim, True, f"all messages came out {', '.join(states)}")


def _state(queue: str) -> str:
    return _STATES.get(queue.removesuffix("-back"), queue)


def first_started_serves(history: History) -> Verdict:
    claim = "started one after the other, the first of each group serves and the others wait"
    order = next((op.value for op in history if op.what == "order"), None)
    if order is None:
        return Verdict(claim, None, "they were not all started in order")
    roles, pair = order["roles"], h.setup(history)["nodes"]
    started = [node for node in order["nodes"] if node in pair]
    said = ", ".join(f"{node} {roles[node]}" for node in order["nodes"])
    wrong = roles[started[0]] != "master" or any(roles[node] != "waiting" for node in started[1:])
    wrong = wrong or any(roles[node] != "master" for node in order["nodes"] if node not in pair)
    return Verdict(claim, not wrong, f"started in order: {said}", {"roles": roles})


def found_each_other(history: History) -> Verdict:
    """Each look: exactly the expected brokers, no more and no fewer."""
    claim = "each broker has bridges with exactly the others of its cluster"
    looks = [op for op in history if op.what == "members"]
    found = {"looks": [op.value for op in looks]}
    for op in looks:
        if op.phase != "ok":
            return Verdict(claim, *_amiss(op.value), found)
    if len(looks) < 3:
        return Verdict(claim, None, f"{len(looks)} of 3 looks were made", found)
    late = looks[1].value["away"]
    hurt = [op.at for op in history if op.what == "start" and op.phase == "ok"]
    seconds = looks[2].at - hurt[-1] if hurt else 0.0
    text = f"all {len(looks[0].value['expected'])} groups found each other, {', '.join(late)} again"
    return Verdict(claim, True, f"{text} {seconds:.1f} s after its start", found)


def _amiss(look: dict[str, Any]) -> tuple[bool | None, str]:
    state = f" while {', '.join(look['away'])} was away" if look["away"] else ""
    unknown = []
    for group, expected in look["expected"].items():
        got = look["found"].get(group)
        if got is None:
            unknown.append(group)
            continue
        # one that has a member's name is a stranger too
        if strangers := [f"another {n}" if n in expected else n for n in sorted(Counter(got) - Counter(expected))]:
            return False, f"{group} has a bridge with {', '.join(strangers)}{state}, which it is not to find"
        if missing := sorted(set(expected) - set(got)):
            return False, f"{group} did not find {', '.join(missing)}{state}"
    return None, f"the bridges of {', '.join(unknown)} could not be asked for{state}"
