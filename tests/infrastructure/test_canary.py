"""Production gets a new version by a tenth first, and gets rid of it by itself."""

from __future__ import annotations

import json

from tests.infrastructure.templates import Template

ALARMS = {
    "Commands": "ApiAlarm",
    "Queries": "ApiAlarm",
    "Relay": "RelayAlarm",
    "Inbox": "InboxAlarm",
    "Clock": "ClockAlarm",
}
WAKERS = ("ApiGateway::Method", "Lambda::EventSourceMapping", "Events::Rule", "Lambda::Permission")


def test_in_production_a_tenth_comes_first_and_each_functions_own_alarm_rolls_back(
    service_templates: list[Template],
) -> None:
    for template in service_templates:
        groups = template.of_type("AWS::CodeDeploy::DeploymentGroup")
        if template.stage != "prod":
            assert not groups
            continue
        for function, alarm in ALARMS.items():
            group = groups[f"{function}LambdaFunctionDeploymentGroup"]["Properties"]
            assert "Canary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"])
            assert group["AlarmConfiguration"] == {"Alarms": [{"Name": {"Ref": alarm}}], "Enabled": True}
            assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
            assert alarm in template.of_type("AWS::CloudWatch::Alarm")
            shifted = template.resources[f"{function}LambdaFunctionAliaslive"]["UpdatePolicy"]
            wanted = {"Ref": f"{function}LambdaFunctionDeploymentGroup"}
            assert shifted["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"] == wanted


def test_in_production_whatever_wakes_such_a_function_wakes_the_alias(service_templates: list[Template]) -> None:
    for template in service_templates:
        if template.stage == "prod":
            found = json.dumps([template.of_type(f"AWS::{kind}") for kind in WAKERS])
            for function in ALARMS:
                assert f'"{function}LambdaFunctionAliaslive"' in found
                assert f'"{function}LambdaFunction"' not in found, (
                    f"{template.stack}: a way past the alias of {function}"
                )
