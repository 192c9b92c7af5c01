"""What the Docker tests need on a bare machine: an engine, a base image, an image laid out as the official one.

    python -m tests.lab all

Each part says what it did and how long that took, is nothing when it is there already, and fails with one
line when it cannot be had: a test that needs Docker is never skipped for want of it.
"""
