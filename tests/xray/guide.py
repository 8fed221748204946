"""The example documents of AWS's X-Ray developer guide, as facts: names, ids, times, statuses.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html

Where an example is no JSON (a comma too many) or no document (a trace id with letters), the fact behind it is kept.
"""

from __future__ import annotations

from typing import Any

from tests.xray.support import Fields, new_id, new_trace_id

MINIMAL: Fields = {
    "trace_id": "1-581cf771-a006649127e371903a2de979",
    "id": "70de5b6f19ff9a0a",
    "name": "example.com",
    "start_time": 1478293361.271,
    "end_time": 1478293361.449,
}
BEGUN: Fields = {k: v for k, v in MINIMAL.items() if k != "end_time"} | {"id": "70de5b6f19ff9a0b", "in_progress": True}
HEALTH_CALL: Fields = {
    "id": "53995c3f42cd8ad8",
    "name": "api.example.com",
    "start_time": 1461096053.37769,
    "end_time": 1461096053.40379,
    "namespace": "remote",
    "http": {
        "request": {"url": "https://api.example.com/health", "method": "POST", "traced": True},
        "response": {"status": 200, "content_length": 861},
    },
}
HEALTH: Fields = {
    "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
    "id": "defdfd9912dc5a56",
    "name": "www.example.com",
    "start_time": 1461096053.37518,
    "end_time": 1461096053.4042,
    "http": {
        "request": {
            "url": "https://www.example.com/health",
            "method": "GET",
            "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6) AppleWebKit/601.7.7",
            "client_ip": "11.0.3.111",
        },
        "response": {"status": 200, "content_length": 86},
    },
    "subsegments": [HEALTH_CALL],
}
_BROWSER = "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:45.0) Gecko/20100101 Firefox/45.0"
SERVED: Fields = {
    "trace_id": "1-5880168b-fd5158284b67678a3bb5a78c",
    "id": "6b55dcc497934f1a",
    "name": "www.example.com",
    "start_time": 1484789387.126,
    "end_time": 1484789387.535,
    "origin": "AWS::EC2::Instance",
    "aws": {
        "ec2": {"availability_zone": "us-west-2c", "instance_id": "i-0b5a4678fc325bg98"},
        "xray": {"sdk_version": "2.4.0 for Java"},
    },
    "annotations": {"customer_category": 124, "zip_code": 98101, "country": "United States", "internal": False},
    "http": {
        "request": {
            "method": "POST",
            "client_ip": "78.255.233.48",
            "url": "http://www.example.com/api/user",
            "user_agent": _BROWSER,
            "x_forwarded_for": True,
        },
        "response": {"status": 200},
    },
}
NAMES_CALL: Fields = {
    "id": "004f72be19cddc2a",
    "name": "names.example.com",
    "start_time": 1484786387.131,
    "end_time": 1484786387.501,
    "namespace": "remote",
    "http": {
        "request": {"method": "GET", "url": "https://names.example.com/"},
        "response": {"content_length": -1, "status": 200},
    },
}
NAMES_INFERRED: Fields = {k: v for k, v in NAMES_CALL.items() if k != "namespace"} | {
    "parent_id": "004f72be19cddc2a",
    "inferred": True,
}
TABLE_CALL: Fields = {
    "id": "0f910026178b71eb",
    "name": "DynamoDB",
    "start_time": 1484789387.502,
    "end_time": 1484789387.534,
    "namespace": "aws",
    "http": {"response": {"content_length": 58, "status": 200}},
    "aws": {
        "table_name": "scorekeep-user",
        "operation": "UpdateItem",
        "request_id": "3AIENM5J4ELQ3SPODHKBIRVIC3VV4KQNSO5AEMVJF66Q9ASUAAJG",
        "resource_names": ["scorekeep-user"],
    },
}
OWN_WORK: Fields = {
    "id": "0e58d2918e9038e8",
    "name": "## UserModel.saveUser",
    "start_time": 1484789387.502,
    "end_time": 1484789387.534,
    "metadata": {"debug": {"test": "Metadata string from UserModel.saveUser"}},
    "subsegments": [TABLE_CALL],
}
_DATABASE = "aawijb5u25wdoy.cpamxznpdoq8.us-west-2.rds.amazonaws.com"
SQL_CALL: Fields = {
    "id": "3fd8634e78ca9560",
    "name": f"ebdb@{_DATABASE}",
    "start_time": 1484872218.696,
    "end_time": 1484872218.697,
    "namespace": "remote",
    "sql": {
        "url": f"jdbc:postgresql://{_DATABASE}:5432/ebdb",
        "preparation": "statement",
        "database_type": "PostgreSQL",
        "database_version": "9.5.4",
        "driver_version": "PostgreSQL 9.4.1211.jre7",
        "user": "dbuser",
        "sanitized_query": "SELECT  *  FROM  customers  WHERE  customer_id=?;",
    },
}
ENVIRONMENT: Fields = {
    "elastic_beanstalk": {
        "version_label": "app-5a56-170119_190650-stage-170119_190650",
        "deployment_id": 32,
        "environment_name": "scorekeep",
    },
    "ec2": {"availability_zone": "us-west-2c", "instance_id": "i-075ad396f12bc325a"},
    "xray": {"sdk": "2.4.0 for Java"},
}

# The answer of BatchGetTraces: what was sent, and what X-Ray infers from it.
SCOREKEEP_TRACE = "1-59602603-23fc5b688855d396af79b496"
_FUNCTION_ARN = "arn:aws:lambda:us-west-2:123456789012:function:random-name"
TOPIC = "awseb-e-ruag3jyweb-stack-NotificationTopic-6B829NT9V5O9"
_PUBLISH: Fields = {
    "operation": "Publish",
    "region": "us-west-2",
    "request_id": "a2137970-f6fc-5029-83e8-28aadeb99198",
    "retries": 0,
    "topic_arn": f"arn:aws:sns:us-west-2:123456789012:{TOPIC}",
}
_UPDATE: Fields = {
    "table_name": "scorekeep-user",
    "operation": "UpdateItem",
    "request_id": "MFQ8CGJ3JTDDVVVASUAAJGQ6NJ82F738BOB4KQNSO5AEMVJF66Q9",
    "resource_names": ["scorekeep-user"],
}
SCOREKEEP: list[Fields] = [
    {
        "trace_id": SCOREKEEP_TRACE,
        "id": "1fb07842d944e714",
        "name": "random-name",
        "start_time": 1499473411.677,
        "end_time": 1499473414.572,
        "parent_id": "0c544c1b1bbff948",
        "http": {"response": {"status": 200}},
        "aws": {"request_id": "ac086670-6373-11e7-a174-f31b3397f190"},
        "origin": "AWS::Lambda",
        "resource_arn": _FUNCTION_ARN,
    },
    {
        "trace_id": SCOREKEEP_TRACE,
        "id": "194fcc8747581230",
        "name": "Scorekeep",
        "start_time": 1499473411.562,
        "end_time": 1499473414.794,
        "http": {
            "request": {"url": "http://scorekeep.elasticbeanstalk.com/api/user", "method": "POST"},
            "response": {"status": 200},
        },
        "aws": ENVIRONMENT,
        "service": {},
        "user": "5M388M1E",
        "origin": "AWS::ElasticBeanstalk::Environment",
        "subsegments": [
            {
                "id": "0c544c1b1bbff948",
                "name": "Lambda",
                "start_time": 1499473411.629,
                "end_time": 1499473414.572,
                "http": {"response": {"status": 200, "content_length": 14}},
                "aws": {
                    "function_name": "random-name",
                    "invocation_type": "RequestResponse",
                    "operation": "Invoke",
                    "request_id": "ac086670-6373-11e7-a174-f31b3397f190",
                    "resource_names": ["random-name"],
                },
                "namespace": "aws",
            },
            {
                "id": "071684f2e555e571",
                "name": "## UserModel.saveUser",
                "start_time": 1499473414.581,
                "end_time": 1499473414.769,
                "metadata": {"debug": {"test": "Metadata string from UserModel.saveUser"}},
                "subsegments": [
                    {
                        "id": "4cd3f10b76c624b4",
                        "name": "DynamoDB",
                        "start_time": 1499473414.69,
                        "end_time": 1499473414.769,
                        "http": {"response": {"status": 200, "content_length": 57}},
                        "aws": _UPDATE,
                        "namespace": "aws",
                    }
                ],
            },
        ],
    },
    {
        "trace_id": SCOREKEEP_TRACE,
        "id": "00f91aa01f4984fd",
        "name": "random-name",
        "start_time": 1499473412.83,
        "end_time": 1499473414.57,
        "parent_id": "1fb07842d944e714",
        "aws": {"function_arn": _FUNCTION_ARN, "resource_names": ["random-name"], "account_id": "123456789012"},
        "origin": "AWS::Lambda::Function",
        "subsegments": [
            {
                "id": "2279c0030c955e52",
                "name": "Initialization",
                "start_time": 1499473412.064,
                "end_time": 1499473412.819,
                "aws": {"function_arn": _FUNCTION_ARN},
            },
            {
                "id": "e6d2fe619f827804",
                "name": "annotations",
                "start_time": 1499473413.012,
                "end_time": 1499473413.069,
                "annotations": {"UserID": "5M388M1E", "Name": "Ola"},
            },
            {
                "id": "b29b548af4d54a0f",
                "name": "SNS",
                "start_time": 1499473413.112,
                "end_time": 1499473414.071,
                "http": {"response": {"status": 200}},
                "aws": _PUBLISH,
                "namespace": "aws",
            },
        ],
    },
]
SCOREKEEP_TABLE: Fields = {
    "parent_id": "4cd3f10b76c624b4",
    "start_time": 1499473414.69,
    "end_time": 1499473414.769,
    "inferred": True,
    "http": {"response": {"status": 200, "content_length": 57}},
    "aws": _UPDATE,
    "trace_id": SCOREKEEP_TRACE,
    "origin": "AWS::DynamoDB::Table",
}

# The answer of GetServiceGraph: four nodes, by the times in seconds of their requests.
SIGNUP_HOST = "xray-sample.elasticbeanstalk.com"
SIGNUP_TABLE = "awseb-e-dixzws4s9p-stack-StartupSignupsTable-4IMSMHAYX2BA"
SIGNUP_BEGIN = 1528317567.0
SIGNUP_TIMES = {"host": [0.005, 0.015, 0.157, 0.096], "table": [0.076, 0.044], "topic": [0.049, 0.076]}


def signups() -> list[Fields]:
    """Documents that tell of those requests: two that read, one of them in vain, and two that sign up."""
    documents = []
    for number, took in enumerate(SIGNUP_TIMES["host"]):
        at = SIGNUP_BEGIN + 7 * number
        own: Fields = {
            "trace_id": new_trace_id(at),
            "id": new_id(),
            "name": SIGNUP_HOST,
            "origin": "AWS::EC2::Instance",
        }
        own |= {"start_time": at, "end_time": round(at + took, 3)}
        if number == 1:
            own |= {"error": True, "http": {"response": {"status": 404}}}
        if number >= 2:
            table, topic = (SIGNUP_TIMES[part][number - 2] for part in ("table", "topic"))
            own["subsegments"] = [
                _call(at, table, name="DynamoDB", aws={"operation": "PutItem", "table_name": SIGNUP_TABLE}),
                _call(at, topic, name="SNS", aws={"operation": "Publish"}),
            ]
        documents.append(own)
    return documents


def _call(at: float, took: float, **fields: Any) -> Fields:
    return {"id": new_id(), "namespace": "aws", "start_time": at, "end_time": round(at + took, 3)} | fields
