"""Measurements with named baselines in one run. `python -m benchmarks.<name>`, or all: `python -m benchmarks`."""
