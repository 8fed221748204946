"""Tells people: alerts go out on a topic of their own, to everybody who subscribed to it."""

import json
import os

from analytics.domain.drops.alerts import Alert
from analytics.store.drops import DropStore
from backoffice.dynamodb import client


def send(store: DropStore, alert: Alert, address: str | None) -> None:
    """Send an alert that waits, and let it wait no longer. A crash in between sends it twice.

    The attributes are what subscriptions filter by: ``source``, and ``address`` for the e-mail of the source itself.
    """
    attributes = {"source": alert.source_id} | ({"address": address} if address else {})
    client("sns").publish(
        TopicArn=os.environ["ALERTS_TOPIC_ARN"],
        Subject=alert.subject,
        Message=alert.text,
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )
    store.alert_sent(alert)


def subscribe(address: str) -> None:
    """Let an e-mail address get the alerts that name it. AWS asks it once whether it wants them.

    The same subscription again changes nothing.
    """
    client("sns").subscribe(
        TopicArn=os.environ["ALERTS_TOPIC_ARN"],
        Protocol="email",
        Endpoint=address,
        Attributes={"FilterPolicy": json.dumps({"address": [address]})},
    )
