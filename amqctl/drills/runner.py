"""A drill from beginning to end: load, script, healing, drain, saving, judging.

The healing always comes, and the history is on disk before any checker runs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime

from amqctl.cluster import stomp
from amqctl.drills import history as h
from amqctl.drills import judge
from amqctl.drills.actions import Consume, Send, queues
from amqctl.drills.audience import Audience, Streaming
from amqctl.drills.consumption import browse_dead_letters, count_rows_left, drain
from amqctl.drills.folder import RunFolder
from amqctl.drills.model import Drill, Op, Skip, Subject
from amqctl.drills.recorder import Recorder
from amqctl.drills.results import DrillResult
from amqctl.drills.script import Actors, perform
from amqctl.drills.stage import Connect, Options, Stage
from amqctl.drills.target import Facts, Target
from amqctl.drills.workload import Load, Producing, Samplers, store_backlog
from amqctl.errors import AmqctlError
from amqctl.events import Event, Tell, silent
from amqctl.interrupt import held


def run(
    drill: Drill,
    target: Target,
    folder: RunFolder,
    tell: Tell = silent,
    options: Options | None = None,
    *,
    connect: Connect = stomp.connect,
    load: Callable[[Stage], Producing] = Load,
    streaming: Streaming | None = None,
    done: Callable[[DrillResult], None] = lambda result: None,
) -> tuple[DrillResult, ...]:
    """One result a subject, in the topology's order; done hears of each as it comes.

    load: what sends in drills under load. streaming: what sends where a script begins producers, None for threads of
    our own.
    A cluster's failure is a verdict. Raises for nothing but an interrupt, after healing and saving.
    """
    facts = Facts(tuple(target.groups()), tuple(target.links()), target.lacks())
    out = []
    for subject in drill.needs(facts):
        if isinstance(subject, Skip):
            result = judge.skipped(drill, subject)
        else:
            actors = load, streaming
            result = _run_one(drill, subject, target, facts, folder, tell, options or Options(), connect, actors)
        out.append(result)
        done(result)
    return tuple(out)


def _run_one(
    drill: Drill, subject: Subject, target: Target, facts: Facts, folder: RunFolder, tell: Tell,
    options: Options, connect: Connect, actors: tuple[Callable[[Stage], Producing], Streaming | None],
) -> DrillResult:  # fmt: skip
    stage = Stage(target, facts, subject, Recorder(), connect, options, _run_name(), tell)
    where = folder.drill(drill.name, subject.label)
    tell(Event(f"{drill.name} {subject.label}", "start", drill.claim))
    _record_setup(stage, drill)
    whole = False
    try:
        _act(stage, drill, actors[0](stage), Audience(stage, actors[1]))
        whole = True
    finally:
        # Also when interrupted: what was seen so far is worth more than a tidy end.
        _collect_logs(stage, where)
        if whole:
            stage.recorder.add("runner", h.END, "ok")
        history = stage.recorder.history()
        path = where.save_history(history)
    result = judge.result(drill, history, str(path))
    tell(Event(f"{drill.name} {subject.label}", "done", f"{result.verdict}: {result.because}"))
    return result


def _act(stage: Stage, drill: Drill, load: Producing, audience: Audience) -> None:
    script = drill.script(stage.subject, stage.options.standard)
    samplers = Samplers(stage)
    with ExitStack() as leaving:
        leaving.callback(stage.over.set)
        samplers.start()
        leaving.callback(samplers.stop)
        if not _ready(stage):
            return
        healing = leaving.enter_context(ExitStack())
        leaving.callback(audience.stop)
        try:
            store_backlog(stage)
            if drill.load:
                load.start()
            for action in script:
                perform(action, stage, Actors(load, healing, audience))
        except AmqctlError as exc:
            _trouble(stage, f"the script ended early: {exc}")
        finally:
            # Still under load: a restarted master must wait, and the samplers watch that it does.
            load.ease()
            try:
                _heal(stage, healing)
            finally:
                load.stop()
                audience.stop()
        stage.tell(Event(stage.subject.label, "progress", "reading the queues to the end"))
        drain(stage, queues(script))
        browse_dead_letters(stage)
        count_rows_left(stage)


def _ready(stage: Stage) -> bool:
    """Whether there is something to hurt and somebody to take over.

    A group with two masters is left unhurt: the samples already say what is wrong with it. A link that
    is down does not end the drill, for bridging must find that out by messages.
    """
    group = stage.facts.group(stage.subject.group)
    if not _split(stage):
        try:
            stage.target.wait_ready(stage.options.ready_within)
        except AmqctlError as exc:
            stage.tell(Event(stage.subject.label, "warn", f"not all is ready: {exc}"))
    stage.over.wait(stage.options.look)
    if _split(stage):
        return False
    roles = stage.target.roles()
    seen = [roles[node] for node in group.nodes]
    if "master" in seen and ("waiting" in seen or len(seen) == 1):
        return True
    said = ", ".join(f"{node} is {roles[node]}" for node in group.nodes)
    _trouble(stage, f"nothing was hurt: {group.name} needs a master and a waiting slave, but {said}")
    return False


def _split(stage: Stage) -> bool:
    group = stage.facts.group(stage.subject.group)
    return sum(stage.target.handshake(node) for node in group.nodes) > 1


def _heal(stage: Stage, healing: ExitStack) -> None:
    try:
        with held():
            healing.close()
        stage.tell(Event(stage.subject.label, "progress", "healing: until the cluster is whole again"))
        stage.target.wait_ready(stage.options.ready_within)
    except AmqctlError as exc:
        stage.tell(Event(stage.subject.label, "warn", f"not healed: {exc}"))
        _trouble(stage, f"the cluster did not become whole again: {exc}")


def _collect_logs(stage: Stage, where: RunFolder) -> None:
    """All nodes' lines since the run began go into the folder; those that prove something, into the history."""
    recorder = stage.recorder
    for group in stage.facts.groups:
        for node in group.nodes:
            try:
                lines = list(stage.target.logs(node, since=recorder.epoch))
            except (OSError, AmqctlError) as exc:
                recorder.add("runner", "logs", "fail", str(exc), node)
                continue
            where.save_log(node, lines)
            recorder.add("runner", "logs", "ok", {"lines": len(lines)}, node)
            for line in lines:
                if proves := h.evidence(line.text):
                    at = round(line.at - recorder.epoch, 6)
                    recorder.place(Op(at, node, "log", "info", {"proves": proves, "text": line.text}, node))


def _record_setup(stage: Stage, drill: Drill) -> None:
    subject, group = stage.subject, stage.facts.group(stage.subject.group)
    script: Sequence[object] = drill.script(subject, stage.options.standard)
    stage.recorder.place(Op(0.0, "runner", "setup", "info", {
        "drill": drill.name, "label": subject.label, "hurt": subject.group, "to_group": subject.to_group,
        "link": subject.link, "nodes": list(group.nodes), "budget": group.budget_seconds,
        "session": group.session_seconds,
        "standard": asdict(stage.options.standard),
        "counted": sum(isinstance(a, Send | Consume) for a in script),
        "epoch": stage.recorder.epoch, "cluster": stage.target.name, "profile": stage.target.profile,
        "run": stage.run, "persistent": stage.options.persistent,
        "client": group.client, "transacted": stage.options.transacted,
        "own_budget": subject.budget, "asks": subject.asks,
        "everyone": [node for each in stage.facts.groups for node in each.nodes],
        "ends": True,
    }))  # fmt: skip


def _trouble(stage: Stage, text: str) -> None:
    stage.recorder.add("runner", "trouble", "info", text)


def _run_name() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
