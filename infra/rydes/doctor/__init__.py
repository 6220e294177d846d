"""What is ill, in one page: read in seconds, without changing anything.

`infra.rydes.verify` asks whether everything is as its stacks promise, and tries it. This asks what hurts right now.
"""
