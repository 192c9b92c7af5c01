"""Rules for the row lock of a JDBC store: how soon a master learns that it has lost it."""

from __future__ import annotations

from collections.abc import Iterator

from amqctl.activemq.lint import stores
from amqctl.activemq.lint.cluster import Cluster
from amqctl.activemq.lint.model import Node
from amqctl.activemq.lint.rule import Hit, Rule

SHORT_OUTAGE = 2000  # ms; a database that is restarted in place is away for about that long


def looked_after_late(node: Node, cluster: Cluster) -> Iterator[Hit]:
    alive = stores.keep_alive(node)
    if not stores.is_jdbc(node) or stores.locker(node) not in stores.DATABASE_LOCKERS or alive is None:
        return
    if alive == 0:
        yield Hit("lockKeepAlivePeriod is 0: a master never looks after its lock", stores.element(node))
    elif alive > SHORT_OUTAGE:
        store = node.facts.store
        written = store is not None and "lockKeepAlivePeriod" in store.attributes
        whose = "" if written else ", which is ActiveMQ's own"
        what = f"a master looks after its lock every {alive / 1000:g} s{whose}: an outage may begin and end in between"
        yield Hit(what, stores.element(node))


RULES = (
    Rule("row-lock-looked-after-late", "warning", "A database's short outage gives two masters",
         "The database frees the row when it goes; when it is back, the waiting broker gets it, and the old master"
         " goes on until its next look. Both take messages, and neither sees the other's.",
         "measured by amqctl: MariaDB away for 2 s and a look every 30 s, two masters for 11 s; nanthrax.blogspot.com"
         " 2013-10",
         'lockKeepAlivePeriod="1000" on the persistence adapter; prove it with the drill bounce-store', "jdbc",
         looked_after_late),
)  # fmt: skip
