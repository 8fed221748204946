"""Lambda on a laptop: the functions deployed to the embedded AWS, run under AWS's own runtime client.

The embedded AWS forwards each invocation here (its proxy mode). What was deployed is unpacked and run in worker
processes by `awslambdaric`, which this package serves the Lambda Runtime API to.

The package's name is a keyword of Python: start it with `python -m local.lambda`, import it by `importlib`.
"""
