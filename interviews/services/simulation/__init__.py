"""Simulated candidates: a data set played over HTTP against a running Candor, and what came of it.

dataset reads, setup prepares through services, client plays over HTTP, verify reads the stored rows, report counts.
"""
