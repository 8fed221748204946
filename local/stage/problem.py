"""What stops a command, told in one line."""


class Problem(Exception):
    """One sentence for the person at the keyboard: what is wrong and what to do about it."""
