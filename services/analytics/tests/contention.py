"""Items that others are writing, as DynamoDB tells of them."""

import json
from types import SimpleNamespace


def hold(test, *keys, times=1):
    """Let other transactions hold items, by key: so many transactions that name one of them are cancelled.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    left = [times]

    def answer(params, **_):
        reasons = [{"Code": "TransactionConflict" if key in keys else "None"} for key in written(params)]
        if not left[0] or all(reason["Code"] == "None" for reason in reasons):
            return None
        left[0] -= 1
        error = {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}
        return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}

    events = test.table.client.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", answer)
    test.addCleanup(events.unregister, "before-call.dynamodb.TransactWriteItems", answer)


def written(params):
    """The keys of the items that a call of TransactWriteItems names, in its order."""
    for write in json.loads(params["body"])["TransactItems"]:
        (action,) = write.values()
        key = action.get("Key") or action["Item"]
        yield key["pk"]["S"], key["sk"]["S"]
