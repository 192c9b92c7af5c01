"""python -m amqctl"""

from amqctl.cli import main

main()
