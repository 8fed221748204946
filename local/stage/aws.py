"""What the embedded AWS is asked: its stacks, and what they made."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.stage.environment import REGION, ROOT_CREDENTIALS
from local.stage.place import STAGE as STAGE
from local.stage.place import Place


def client(place: Place, service: str, url: str | None = None) -> Any:
    """A boto3 client, with the root's rights, of the embedded AWS (`xray`: of local X-Ray), or of what is at `url`."""
    return boto3.client(
        service,
        endpoint_url=url or (place.xray_url if service == "xray" else place.aws_url),
        region_name=REGION,
        aws_access_key_id=ROOT_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ROOT_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 2}, proxies={}),
    )


def stack_statuses(place: Place) -> dict[str, str]:
    """CloudFormation's status of each stack of the stage, by the stack's name without the stage."""
    prefix = f"{STAGE}-"
    stacks = client(place, "cloudformation").get_paginator("describe_stacks").paginate().search("Stacks[]")
    return {
        stack["StackName"].removeprefix(prefix): stack["StackStatus"]
        for stack in stacks
        if stack["StackName"].startswith(prefix)
    }


def physical_ids(place: Place, stack: str, resource_type: str) -> list[str]:
    """The physical ids of the resources of one type in a stack; none if there is no such stack."""
    try:
        found = client(place, "cloudformation").describe_stack_resources(StackName=f"{STAGE}-{stack}")
    except ClientError:
        return []
    return [
        resource["PhysicalResourceId"]
        for resource in found["StackResources"]
        if resource["ResourceType"] == resource_type
    ]
