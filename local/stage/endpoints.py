"""Where everything of a stage answers, written down for people and programs."""

from __future__ import annotations

import json
from typing import Any

from local.stage import aws
from local.stage.place import Place


def endpoints(place: Place, services: list[str]) -> dict[str, Any]:
    """`{"aws": url, "xray": url, "console": url, "services": {name: base_url}}` of a deployed stage."""
    return {
        "aws": place.aws_url,
        "xray": place.xray_url,
        "console": place.console_url,
        "services": {
            service: f"{place.aws_url}/_aws/execute-api/{api}/{aws.STAGE}"
            for service in services
            for api in aws.physical_ids(place, service, "AWS::ApiGateway::RestApi")
        },
    }


def write(place: Place, services: list[str]) -> dict[str, Any]:
    """Write `endpoints.json` into the state folder and return what it holds."""
    found = endpoints(place, services)
    draft = place.endpoints_file.with_suffix(".tmp")
    draft.write_text(json.dumps(found, indent=2) + "\n")
    draft.replace(place.endpoints_file)
    return found
