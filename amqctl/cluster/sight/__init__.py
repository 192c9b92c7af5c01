"""A whole cluster seen closely: bridges with their counters, queues, who consumes them, what stores hold.

Watched.look() -> Look(plan, observation) ─asking.sight─> Sight -> counters, spread, trace; report/ draws them
"""
