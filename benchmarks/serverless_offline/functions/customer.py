"""Reads one item, as GET /customers/{id} does, and nothing more."""

import json
import os

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    customer = event["pathParameters"]["id"]
    found = dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": customer}}, ConsistentRead=True)
    body = {"id": found["Item"]["pk"]["S"], "name": found["Item"]["name"]["S"]}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
