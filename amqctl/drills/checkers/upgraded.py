"""Whether an upgrade under load did what it was to do, and how long clients had to wait."""

from __future__ import annotations

from amqctl.drills import history as h
from amqctl.drills.model import History, Verdict


def upgraded(history: History) -> Verdict:
    """Every broker of the group says itself that it runs the new version, and no pause is longer than a takeover may
    take. A pause: the longest time, from the upgrade's begin on, without an acknowledgement."""
    facts = h.setup(history)
    claim = f"every broker of {facts['hurt']} is moved to the new version, with no pause over {facts['budget']:g} s"
    done = next((op for op in history if op.what == "upgrade" and op.phase in ("ok", "fail")), None)
    if done is None:
        return Verdict(claim, None, "the upgrade was not completed")
    to = done.value["to"]
    if done.phase == "fail":
        return Verdict(claim, False, f"{facts['hurt']} was not moved to {to}: {done.value['because']}")
    ran = {node: done.value["versions"].get(node) for node in facts["nodes"]}
    pause = h.takeover(history)
    begun = next(op for op in history if op.what == "upgrade" and op.phase == "invoke")
    found = {
        "versions": ran, "longest_pause_seconds": h.rounded(pause.seconds if pause else None),
        "seconds": round(done.at - begun.at, 3),
    }  # fmt: skip
    if unknown := [node for node, version in ran.items() if not version]:
        return Verdict(claim, None, f"which version {', '.join(unknown)} runs is not known", found)
    if others := [f"{node} runs {version}" for node, version in ran.items() if version != to]:
        return Verdict(claim, False, f"{', '.join(others)} and not {to}", found)
    if pause is None:
        return Verdict(claim, None, f"all run {to}, and nothing was acknowledged after the upgrade began", found)
    text = f"all run {to} after {done.at - begun.at:.1f} s, the longest pause was {pause.seconds:.2f} s"
    if pause.seconds > facts["budget"]:
        return Verdict(claim, False, f"{text}, over the budget of {facts['budget']:g} s", found)
    return Verdict(claim, True, text, found)
