"""How the business is doing: what the events of the other contexts come to, by hour and day of any time zone.

Each event counts exactly once, at the time it happened.
"""
