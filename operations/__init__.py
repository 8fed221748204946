"""For operators, on any stage: service map, traces, logs, queues and dead letters, through AWS's public APIs.

`python -m operations` is the shell, `python -m operations.console` the page.
"""
