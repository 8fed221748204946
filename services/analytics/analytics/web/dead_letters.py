"""Where records of the stream end that nobody can read."""

import json
import os

from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from backoffice.dynamodb import client


def set_aside(record: KinesisStreamRecord, shard: str, reason: str) -> None:
    """Tell the dead letters where a record stands, as AWS tells of a batch; what it holds stays in the stream.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    number = record.kinesis.sequence_number
    letter = {
        "requestContext": {"condition": "Unreadable", "reason": reason},
        "KinesisBatchInfo": {
            "shardId": f"shardId-{shard}",
            "startSequenceNumber": number,
            "endSequenceNumber": number,
            "batchSize": 1,
            "streamArn": record.event_source_arn,
        },
    }
    client("sqs").send_message(QueueUrl=os.environ["DEAD_LETTERS_URL"], MessageBody=json.dumps(letter))
