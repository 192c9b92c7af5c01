"""Prints the topology of many single brokers, joined in a shape.

    python topology.py ring > ring.yaml                   20 brokers
    python topology.py mesh --count 12 | amqctl up -

hub: all others are linked to the first. Links are duplex, so each is one connection.
"""

from __future__ import annotations

import argparse


def text(shape: str, count: int, heap: str, offset: int = 0) -> str:
    names = [f"b{number:02}" for number in range(1, count + 1)]
    hub = f", hub: {names[0]}" if shape == "hub" else ""
    return "\n".join(
        [
            "apiVersion: amqctl/v1",
            f"name: {shape}-{count}",
            "activemq: 6.1.7",
            f"ports: {{offset: {offset}}}",
            "defaults:",
            f"  jvm: {{heap: {heap}}}",
            "  policies:",
            '    - {queue: ">", replayWhenNoConsumers: true}',
            "groups:",
            *(f"  {name}: {{brokers: 1}}" for name in names),
            "network:",
            f"  - {{name: {shape}, shape: {shape}{hub}, duplex: true}}",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=["ring", "hub", "mesh", "chain"])
    parser.add_argument("--count", type=int, default=20, help="brokers; 20")
    parser.add_argument("--heap", default="64m", help="of each JVM; 64m")
    parser.add_argument("--offset", type=int, default=0, help="added to every port; 0")
    options = parser.parse_args()
    print(text(options.shape, options.count, options.heap, options.offset), end="")


if __name__ == "__main__":
    main()
