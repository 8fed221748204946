"""Invoicing: who owes what, since when, and under which number."""
