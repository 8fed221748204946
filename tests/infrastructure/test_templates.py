"""What AWS would get: the stacks compiled for its stages."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from local.stage.place import ROOT
from tests.infrastructure.policies import actions, as_list, of_policy, statements, too_wide
from tests.infrastructure.templates import AWS_STAGES, SERVICES, STACKS, Template

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem", "PartiQLInsert"}


def test_cfn_lint_finds_no_error_in_any_stack_of_any_stage(templates: list[Template]) -> None:
    assert {(one.stage, one.stack) for one in templates} == {(stage, name) for stage in AWS_STAGES for name in STACKS}
    cfn_lint = str(Path(sys.executable).with_name("cfn-lint"))
    command = [cfn_lint, "--non-zero-exit-code", "error", "--regions", "eu-central-1"]
    paths = [str(one.path) for one in templates]
    done = subprocess.run([*command, "--", *paths], capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if line.startswith("E")]
    assert done.returncode == 0, "\n".join(errors) + done.stderr


def test_every_function_has_a_role_of_its_own(service_templates: list[Template]) -> None:
    for template in service_templates:
        functions = template.of_type("AWS::Lambda::Function")
        roles = [function["Properties"]["Role"]["Fn::GetAtt"][0] for function in functions.values()]
        assert len(set(roles)) == len(functions) >= 2
        assert {*roles, "CanaryRole"} == set(template.of_type("AWS::IAM::Role")), f"{template.stack}: an unused role"


def test_no_role_reaches_beyond_what_it_names(service_templates: list[Template]) -> None:
    for template in service_templates:
        for name, role in template.of_type("AWS::IAM::Role").items():
            assert too_wide(statements(role)) == [], f"{template.stack} {name}"
            assert "ManagedPolicyArns" not in role["Properties"]
        for name, policy in template.of_type("AWS::IAM::Policy").items():
            found = of_policy(policy["Properties"])
            assert found, f"{template.stack} {name}"
            assert too_wide(found) == [], f"{template.stack} {name}"
            assert len(policy["Properties"]["Roles"]) == 1


def test_queries_cannot_write(service_templates: list[Template]) -> None:
    for template in service_templates:
        allowed = actions(template.resources["QueriesRole"])
        assert not allowed & {f"dynamodb:{write}" for write in WRITES}
        for policy in template.of_type("AWS::IAM::Policy").values():
            if policy["Properties"]["Roles"] == [{"Ref": "QueriesRole"}]:
                allowed |= {one for found in of_policy(policy["Properties"]) for one in as_list(found["Action"])}
        assert not [action for action in allowed if action.startswith(("sns:", "sqs:", "s3:Put", "s3:Delete"))]


def test_what_relay_and_clock_have_in_common_touches_nothing_but_the_outbox(service_templates: list[Template]) -> None:
    for template in service_templates:
        for name in {"RelayRole", "ClockRole"} & set(template.resources):
            items = [one for one in statements(template.resources[name]) if "dynamodb:BatchWriteItem" in one["Action"]]
            keys = [one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for one in items]
            assert keys == [["OUTBOX#*"]]


def test_relay_is_woken_by_new_outbox_items_only(service_templates: list[Template]) -> None:
    sources = [
        source["Properties"]
        for template in service_templates
        for source in template.of_type("AWS::Lambda::EventSourceMapping").values()
        if "RelayLambdaFunction" in json.dumps(source["Properties"]["FunctionName"])
    ]
    assert len(sources) == len(service_templates)
    for source in sources:
        (pattern,) = [json.loads(one["Pattern"]) for one in source["FilterCriteria"]["Filters"]]
        assert pattern == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}}}
        assert source["BisectBatchOnFunctionError"]
        assert source["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["RelayDeadLetters", "Arn"]}


def test_an_inbox_waits_long_enough_and_ends_in_dead_letters(service_templates: list[Template]) -> None:
    for template in service_templates:
        queue = template.resources["Inbox"]["Properties"]
        timeout = template.resources["InboxLambdaFunction"]["Properties"]["Timeout"]
        assert queue["VisibilityTimeout"] >= 6 * timeout
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
        source = template.resources["InboxEventSourceMappingSQSInbox"]["Properties"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_commands_are_taken_as_carefully_as_events(service_templates: list[Template]) -> None:
    asked = [template for template in service_templates if "CommandsQueue" in template.resources]
    assert {template.stack for template in asked} >= {"customer-support"}
    for template in asked:
        queue, inbox = (template.resources[name]["Properties"] for name in ("CommandsQueue", "Inbox"))
        names = ("VisibilityTimeout", "MessageRetentionPeriod", "SqsManagedSseEnabled")
        assert [queue[name] for name in names] == [inbox[name] for name in names]
        dead_letters = {"Fn::GetAtt": ["CommandsQueueDeadLetters", "Arn"]}
        assert queue["RedrivePolicy"] == {"deadLetterTargetArn": dead_letters, "maxReceiveCount": 5}
        source = template.resources["InboxTakesCommands"]
        assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["DependsOn"] == ["InboxOnCommands"]


def test_commands_and_replies_are_sent_to_queues_that_there_are_by_relay_and_clock_alone(
    service_templates: list[Template],
) -> None:
    for stage in AWS_STAGES:
        templates = [one for one in service_templates if one.stage == stage]
        there = {
            queue["Properties"]["QueueName"] for one in templates for queue in one.of_type("AWS::SQS::Queue").values()
        }
        for template in templates:
            sent_to = _sent_to(template)
            assert sent_to.keys() <= {"RelayRole", "ClockRole"}
            assert len({frozenset(names) for names in sent_to.values()}) <= 1, "the clock sweeps up after the relay"
            assert {name for names in sent_to.values() for name in names} <= there


def _sent_to(template: Template) -> dict[str, set[str]]:
    """The names of the queues of other stacks that a role may send to."""
    found: dict[str, set[str]] = {}
    for policy in template.of_type("AWS::IAM::Policy").values():
        for statement in of_policy(policy["Properties"]):
            if "sqs:SendMessage" in as_list(statement["Action"]):
                (role,) = policy["Properties"]["Roles"]
                names = {
                    one["Fn::Sub"].rpartition(":")[2] for one in as_list(statement["Resource"]) if "Fn::Sub" in one
                }
                if names:
                    found.setdefault(role["Ref"], set()).update(names)
    return found


def test_every_subscription_is_raw_and_filtered_and_let_in_by_the_queue(service_templates: list[Template]) -> None:
    for template in service_templates:
        found = _subscriptions(template, "Inbox")
        assert found
        assert all(one["RawMessageDelivery"] and one["FilterPolicy"]["type"] for one in found)
        assert _let_in(template, "InboxPolicy") == sorted(str(one["TopicArn"]) for one in found)


def test_the_archive_hears_every_topic_whole_and_knows_which_one_it_was(templates: list[Template]) -> None:
    for template in templates:
        if template.stack != "analytics":
            continue
        found = _subscriptions(template, "Archive")
        assert all("FilterPolicy" not in one and not one.get("RawMessageDelivery") for one in found)
        assert _let_in(template, "ArchivePolicy") == sorted(str(one["TopicArn"]) for one in found)
        assert [context for context in SERVICES if f"-{context}-events" in str(found)] == list(SERVICES)
        inboxes = [*_subscriptions(template, "Inbox"), *found]
        assert len(template.of_type("AWS::SNS::Subscription")) == len(inboxes)


def test_what_is_archived_stays_and_gets_colder(templates: list[Template]) -> None:
    for template in templates:
        if template.stack != "analytics":
            continue
        bucket = template.resources["ArchiveBucket"]["Properties"]
        assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
        rules = [rule["Fn::If"][1] if "Fn::If" in rule else rule for rule in bucket["LifecycleConfiguration"]["Rules"]]
        assert [rule["Prefix"] for rule in rules if "ExpirationInDays" in rule] == ["athena/"]
        (colder,) = [rule for rule in rules if "Transitions" in rule]
        # Classes that are read at once: a rebuild reads all of it.
        assert {one["StorageClass"] for one in colder["Transitions"]} == {"STANDARD_IA", "GLACIER_IR"}
        writers = [name for name, role in template.of_type("AWS::IAM::Role").items() if "s3:PutObject" in actions(role)]
        assert {"ArchivistRole"} <= set(writers) <= {"ArchivistRole", "TransformerRole"}


def test_athena_finds_the_archives_files_where_they_lie(templates: list[Template]) -> None:
    for template in templates:
        if template.stack != "analytics":
            continue
        (table,) = template.of_type("AWS::Glue::Table").values()
        wanted = table["Properties"]["TableInput"]
        location = wanted["Parameters"]["storage.location.template"]["Fn::Sub"]
        assert location == "s3://${ArchiveBucket}/events/context=${!context}/date=${!date}/"
        assert set(wanted["Parameters"]["projection.context.values"].split(",")) == set(SERVICES)
        assert [key["Name"] for key in wanted["PartitionKeys"]] == ["context", "date"]
        queries = template.of_type("AWS::Athena::NamedQuery").values()
        assert len(queries) >= 5
        # A question that names no days reads, and pays for, everything.
        assert all('"date" BETWEEN ? AND ?' in one["Properties"]["QueryString"] for one in queries)


def test_every_route_wants_a_token_except_the_api_document(service_templates: list[Template]) -> None:
    for template in service_templates:
        methods = {name: one["Properties"] for name, one in template.of_type("AWS::ApiGateway::Method").items()}
        is_open = {name for name, method in methods.items() if method["AuthorizationType"] != "COGNITO_USER_POOLS"}
        assert is_open == {"ApiGatewayMethodOpenapijsonGet"}


def test_everything_that_holds_data_is_encrypted_and_speaks_tls_only(templates: list[Template]) -> None:
    for template in templates:
        for table in template.of_type("AWS::DynamoDB::Table").values():
            assert table["Properties"]["SSESpecification"]["SSEEnabled"]
        for topic in template.of_type("AWS::SNS::Topic").values():
            assert topic["Properties"]["KmsMasterKeyId"]
            assert topic["Properties"]["TracingConfig"] == "Active"
        queues = template.of_type("AWS::SQS::Queue")
        assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues.values())
        assert _refuse_plain_http(template, "AWS::SQS::QueuePolicy", "Queues") == set(queues)
        buckets = template.of_type("AWS::S3::Bucket")
        for bucket in buckets.values():
            assert bucket["Properties"]["BucketEncryption"]
        own = {name for name in buckets if name != "ServerlessDeploymentBucket"}
        assert all(all(buckets[name]["Properties"]["PublicAccessBlockConfiguration"].values()) for name in own)
        assert _refuse_plain_http(template, "AWS::S3::BucketPolicy", "Bucket") >= own
        topics = template.of_type("AWS::SNS::Topic")
        assert _refuse_plain_http(template, "AWS::SNS::TopicPolicy", "Topics") == set(topics)


def test_the_bucket_is_private_encrypted_and_speaks_tls_only(templates: list[Template]) -> None:
    for template in templates:
        if template.stack != "analytics":
            continue
        found = template.resources["DropsBucket"]["Properties"]
        assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert found["VersioningConfiguration"]["Status"] == "Enabled"
        policy = template.resources["DropsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        assert any(_is_plain(_when_on_aws(one)) for one in policy if "Fn::If" in one)


def test_what_a_role_is_given_besides_touches_nothing_but_drops(service_templates: list[Template]) -> None:
    for template in service_templates:
        if template.stack != "analytics":
            continue
        statements_of_clock = template.resources["ClockDropsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        keys = [
            next(iter(one["Condition"].values()))["dynamodb:LeadingKeys"]
            for one in statements_of_clock
            if "dynamodb" in str(one["Action"])
        ]
        assert {key for listed in keys for key in listed} == {"SOURCES", "ALERTS", "OUTBOX#*"}


def test_x_ray_takes_segments_from_every_topic(templates: list[Template]) -> None:
    for template in templates:
        if template.stack == "shared":
            (policy,) = template.of_type("AWS::XRay::ResourcePolicy").values()
            document = json.loads(policy["Properties"]["PolicyDocument"]["Fn::Sub"])
            named = document["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"].rpartition(":")[2]
            topics = template.of_type("AWS::SNS::Topic").values()
            assert topics and all(fnmatchcase(topic["Properties"]["TopicName"], named) for topic in topics)


def test_production_keeps_its_data_when_a_stack_goes_and_can_go_back_in_time(templates: list[Template]) -> None:
    for template in templates:
        of_production = template.stage == "prod"
        buckets = template.of_type("AWS::S3::Bucket")
        for name in buckets.keys() - {"ServerlessDeploymentBucket"}:
            assert buckets[name]["DeletionPolicy"] == ("Retain" if of_production else "Delete")
        for table in template.of_type("AWS::DynamoDB::Table").values():
            assert table["DeletionPolicy"] == ("Retain" if of_production else "Delete")
            recovery = table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
            assert recovery is of_production


def test_every_dead_letter_queue_the_api_and_the_clock_wake_somebody(service_templates: list[Template]) -> None:
    for template in service_templates:
        alarms = [alarm["Properties"] for alarm in template.of_type("AWS::CloudWatch::Alarm").values()]
        dead_letters = {name for name in template.of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")}
        assert _watched(alarms, "ApproximateNumberOfMessagesVisible") == dead_letters
        assert _watched(alarms, "5XXError")
        if "ClockRole" in template.resources:
            assert "ClockLambdaFunction" in _watched(alarms, "Errors")


def test_analytics_is_watched_for_what_its_readme_worries_about(service_templates: list[Template]) -> None:
    for template in service_templates:
        if template.stack == "analytics":
            alarms = [alarm["Properties"] for alarm in template.of_type("AWS::CloudWatch::Alarm").values()]
            assert _watched(alarms, "ApproximateAgeOfOldestMessage") == {"Archive", "DropsQueue", "Inbox"}
            assert "TransformerLambdaFunction" in _watched(alarms, "Errors")
            assert _watched(alarms, "Duration") == {"QueriesLambdaFunction"}
            assert _watched(alarms, "IteratorAge") == {"VisitsLambdaFunction"}


def test_what_is_counted_from_the_stream_is_counted_in_order_and_nothing_is_given_up_unheard(
    service_templates: list[Template],
) -> None:
    for template in service_templates:
        for stream in template.of_type("AWS::Kinesis::Stream").values():
            assert stream["Properties"]["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
            assert stream["Properties"]["StreamEncryption"]["EncryptionType"] == "KMS"
        mappings = template.of_type("AWS::Lambda::EventSourceMapping").values()
        for mapping in (one["Properties"] for one in mappings if "WebEvents" in json.dumps(one)):
            assert mapping["ParallelizationFactor"] == 1
            assert mapping["BisectBatchOnFunctionError"] is True
            assert mapping["MaximumRetryAttempts"] == 100
            failed = mapping["DestinationConfig"]["OnFailure"]["Destination"]
            assert failed == {"Fn::GetAtt": ["VisitsDeadLetters", "Arn"]}


def test_functions_are_traced_and_run_on_arm(service_templates: list[Template]) -> None:
    for template in service_templates:
        for function in template.of_type("AWS::Lambda::Function").values():
            found = function["Properties"]
            assert found["TracingConfig"] == {"Mode": "Active"}
            assert (found["Runtime"], found["Architectures"]) == ("python3.13", ["arm64"])


def test_only_the_function_of_the_documents_carries_more_than_the_common_layer(
    service_templates: list[Template],
) -> None:
    for template in service_templates:
        for name, function in template.of_type("AWS::Lambda::Function").items():
            own = [{"Ref": "DocumentsLambdaLayer"}] if name == "DocumentsLambdaFunction" else []
            *first, common = function["Properties"]["Layers"]
            assert first == own, name
            assert ":layer:" in str(common)


def test_the_documents_function_reads_issued_documents_and_nothing_else(service_templates: list[Template]) -> None:
    roles = [one.resources["DocumentsRole"] for one in service_templates if "DocumentsRole" in one.resources]
    assert len(roles) == len(AWS_STAGES)
    for role in roles:
        assert {action for action in actions(role) if not action.startswith(("logs:", "xray:"))} == {"dynamodb:GetItem"}
        (read,) = [one for one in statements(role) if one["Action"] == "dynamodb:GetItem"]
        keys = read["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        assert keys == ["INVOICE#*", "CREDIT_NOTE#*"]


def test_an_api_that_answers_files_is_told_that_they_are_binary(service_templates: list[Template]) -> None:
    for template in service_templates:
        (api,) = template.of_type("AWS::ApiGateway::RestApi").values()
        expected = ["*/*"] if "DocumentsRole" in template.resources else None
        assert api["Properties"].get("BinaryMediaTypes") == expected


def test_the_layer_of_the_documents_ships_fonts_with_their_licences(service_templates: list[Template]) -> None:
    for template in service_templates:
        if "DocumentsLambdaLayer" in template.resources:
            with zipfile.ZipFile(template.path.with_name("documents.zip")) as archive:
                names = set(archive.namelist())
            fonts = {
                f"python/document_fonts/{name}" for name in ("NotoSans-Regular.ttf", "OFL-1.1.txt", "Apache-2.0.txt")
            }
            assert fonts | {"python/reportlab/platypus/tables.py", "python/PIL/Image.py"} <= names


def test_logs_do_not_stay_for_ever(service_templates: list[Template]) -> None:
    for template in service_templates:
        groups = template.of_type("AWS::Logs::LogGroup")
        assert len(groups) == len(template.of_type("AWS::Lambda::Function"))
        assert all(group["Properties"]["RetentionInDays"] <= 90 for group in groups.values())


def test_a_service_ships_its_own_package_and_what_it_promises_and_relies_on(service_templates: list[Template]) -> None:
    for template in service_templates:
        names = template.packaged_files()
        package = template.stack.replace("-", "_")
        own = (ROOT / "shared" / "contracts" / template.stack).glob("*.json")
        contracts = {"shared/contracts/envelope.v1.json", *(path.relative_to(ROOT).as_posix() for path in own)}
        assert {f"{package}/handlers/queries.py", f"{package}/handlers/queries/__init__.py"} & set(names)
        others = {name for name in names if not name.startswith(f"{package}/")}
        assert others == {"openapi.yml", "consumes.yml", *contracts}
        assert not [name for name in names if "test" in name or name.endswith(".pyc")]


def _watched(alarms: list[dict[str, Any]], metric: str) -> set[str]:
    """What alarms of this metric look at: queues and functions by their logical ids, an API by its name."""
    values = [one["Value"] for alarm in alarms if alarm["MetricName"] == metric for one in alarm["Dimensions"]]
    return {_named(value) for value in values}


def _named(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])


def _subscriptions(template: Template, queue: str) -> list[dict[str, Any]]:
    found = [one["Properties"] for one in template.of_type("AWS::SNS::Subscription").values()]
    return [one for one in found if one["Endpoint"] == {"Fn::GetAtt": [queue, "Arn"]}]


def _let_in(template: Template, policy: str) -> list[str]:
    """The topics that a queue's policy lets in."""
    statements = template.resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    return sorted(map(str, statements[0]["Condition"]["ArnEquals"]["aws:SourceArn"]))


def _refuse_plain_http(template: Template, kind: str, listed: str) -> set[str]:
    """The logical ids whose policy of this kind denies what does not come over TLS."""
    refusing: set[str] = set()
    for policy in template.of_type(kind).values():
        found = [_when_on_aws(one) for one in policy["Properties"]["PolicyDocument"]["Statement"]]
        if any(one["Effect"] == "Deny" and _is_plain(one) for one in found):
            refusing |= {one["Ref"] for one in as_list(policy["Properties"][listed])}
    return refusing


def _when_on_aws(statement: dict[str, Any]) -> dict[str, Any]:
    return dict(statement["Fn::If"][1]) if "Fn::If" in statement else statement


def _is_plain(statement: dict[str, Any]) -> bool:
    return str(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
