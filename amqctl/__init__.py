"""Real ActiveMQ Classic clusters from a YAML topology, and drills that prove their failover."""

__version__ = "0.1.0"
