"""Transactions in one line, and clients that follow a script."""

from botocore.exceptions import ClientError

from backoffice.transactions import Transaction


def commit(table, *steps):
    """Commit one transaction of ``(verb, *args, **kwargs)`` steps."""
    transaction = Transaction(table)
    for verb, *args in steps:
        kwargs = args.pop() if args and isinstance(args[-1], Kw) else {}
        getattr(transaction, verb)(*args, **kwargs)
    transaction.commit()


class Kw(dict):
    """Keyword arguments of a step."""


def client_error(code, reasons=()):
    response = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError({**response, "CancellationReasons": [{"Code": reason} for reason in reasons]}, "TransactWrite")


class Scripted:
    """A client whose calls answer (or raise) what a script says, and which keeps what it was asked."""

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def __getattr__(self, operation):
        def call(**request):
            self.asked.append((operation, request))
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            return step

        return call
