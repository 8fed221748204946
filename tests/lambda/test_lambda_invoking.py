"""Functions as AWS's runtime client runs them, and what their callers are told."""

from __future__ import annotations

import json
import os
import signal
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.demo.waiting import until
from local.stage.place import LAMBDA_PYTHON
from tests.stage import Stage


def payload(answer: dict[str, Any]) -> Any:
    return json.loads(answer["Payload"].read())


def process_of(stage: Stage, name: str, busy: bool = True) -> int | None:
    """The worker of a function, once it handles an event."""
    found = [one["pid"] for one in stage.workers if one["function"] == name and (one["request_id"] or not busy)]
    return found[0] if found else None


def test_a_worker_sees_no_package_of_the_developers(deploy: Callable[..., Any]) -> None:
    function = deploy(
        """
        import importlib.util, sys
        def handler(event, context):
            return {"seen": [n for n in event if importlib.util.find_spec(n)], "path": sys.path}
        """
    )
    answer = payload(function.invoke('["boto3", "pytest", "moto", "ministack", "requests", "marshmallow", "local"]'))
    assert answer["seen"] == ["boto3"]
    assert not [entry for entry in answer["path"] if "/.venv/" in entry or "/.venv-emulator/" in entry]


def test_a_worker_imports_from_its_package_its_layer_and_the_runtimes_environment_only(
    stage: Stage, deploy: Callable[..., Any]
) -> None:
    layers = stage.client("lambda").get_function_configuration(FunctionName="local-customer-support-queries")["Layers"]
    function = deploy(
        """
        import sys, backoffice, boto3, marshmallow
        def handler(event, context):
            return {"path": sys.path, "found": [m.__file__ for m in (backoffice, marshmallow, boto3)]}
        """,
        Layers=[layer["Arn"] for layer in layers],
    )
    answer = payload(function.invoke())
    unpacked, runtime = str(stage.place.state / "lambda" / "unpacked"), str(LAMBDA_PYTHON.parents[1])
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    zipped = [entry for entry in answer["path"] if entry.endswith(".zip") and not Path(entry).exists()]
    known = (unpacked, runtime, *standard, *zipped)
    assert [entry for entry in answer["path"] if not entry.startswith(known)] == []
    assert [file.startswith(unpacked) for file in answer["found"]] == [True, True, False]
    assert answer["found"][2].startswith(runtime)


def test_a_worker_sees_nothing_of_the_developers_environment(deploy: Callable[..., Any]) -> None:
    """What Lambda defines, the function's own variables, and what leads to this stage instead of to AWS."""
    seen = set(payload(deploy("import os\ndef handler(event, context): return sorted(os.environ)").invoke()))
    lambdas = {
        *("_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "PATH", "LANG", "TZ", "PYTHONPATH"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"),
        *("AWS_EXECUTION_ENV", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_INITIALIZATION_TYPE"),
        *(f"AWS_LAMBDA_FUNCTION_{what}" for what in ("NAME", "MEMORY_SIZE", "VERSION")),
        *("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_PORT"),
    }
    stages = {
        *(
            "AWS_ENDPOINT_URL",
            "NO_PROXY",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_EC2_METADATA_DISABLED",
        ),
        *("HOME", "TMPDIR", "PYTHONNOUSERSITE", "PYTHONUTF8"),
    }
    assert seen - {"LC_CTYPE"} == lambdas | stages | {"MINISTACK_LAMBDA_PROXY_URL"}


def test_importing_pytest_inside_a_function_fails_as_on_aws(deploy: Callable[..., Any]) -> None:
    answer = deploy("import pytest\ndef handler(event, context): return 1").invoke()
    assert answer["FunctionError"] == "Unhandled"
    assert payload(answer)["errorType"] == "Runtime.ImportModuleError"


def test_the_context_is_lambdas(deploy: Callable[..., Any]) -> None:
    function = deploy(
        """
        import os
        def handler(event, context):
            return [context.function_name, context.memory_limit_in_mb, context.get_remaining_time_in_millis(),
                    context.invoked_function_arn, os.environ["MINE"]]
        """,
        MemorySize=256,
        Environment={"Variables": {"MINE": "yes"}},
    )
    name, memory, remaining, arn, mine = payload(function.invoke())
    assert (name, memory, mine) == (function.name, "256", "yes")
    assert 0 < remaining <= 10_000
    assert arn.endswith(f":function:{name}")


def test_an_exception_is_told_with_type_message_and_stack(deploy: Callable[..., Any]) -> None:
    answer = deploy("def handler(event, context): raise KeyError('gone')").invoke()
    told = payload(answer)
    assert answer["FunctionError"] == "Unhandled"
    assert (told["errorType"], told["errorMessage"]) == ("KeyError", "'gone'")
    assert "in handler" in "".join(told["stackTrace"])


def test_a_process_that_exits_is_told_and_replaced(deploy: Callable[..., Any]) -> None:
    function = deploy(
        """
        import os
        def handler(event, context):
            if event.get("die"):
                os._exit(3)
            return os.getpid()
        """
    )
    told = payload(function.invoke('{"die": true}'))
    assert told["errorType"] == "Runtime.ExitError"
    assert told["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert payload(function.invoke()) > 0


def test_at_its_timeout_a_function_is_killed_and_the_next_invocation_succeeds(deploy: Callable[..., Any]) -> None:
    function = deploy(
        """
        import os, time
        def handler(event, context):
            time.sleep(event.get("seconds", 0))
            return os.getpid()
        """,
        Timeout=2,
    )
    before = payload(function.invoke())
    told = payload(function.invoke('{"seconds": 30}'))
    assert told["errorType"] == "Sandbox.Timedout"
    assert told["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")
    assert payload(function.invoke()) != before


def test_beyond_its_memory_a_function_is_killed(deploy: Callable[..., Any]) -> None:
    function = deploy(
        """
        import time
        def handler(event, context):
            held = bytearray(300 * 1024 * 1024)
            time.sleep(8)
            return len(held)
        """,
        MemorySize=128,
    )
    assert payload(function.invoke())["errorType"] == "Runtime.OutOfMemory"


def test_no_more_than_the_reserved_concurrency_at_once(stage: Stage, deploy: Callable[..., Any]) -> None:
    function = deploy("import time\ndef handler(event, context): time.sleep(event['seconds'])")
    stage.client("lambda").put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    first = threading.Thread(target=function.invoke, args=('{"seconds": 3}',))
    first.start()
    until("the first invocation", lambda: process_of(stage, function.name))
    client = stage.invoker
    with pytest.raises(client.exceptions.TooManyRequestsException) as refused:
        client.invoke(FunctionName=function.name, Payload='{"seconds": 0}')
    assert refused.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    first.join()
    assert "FunctionError" not in function.invoke('{"seconds": 0}')


def test_new_code_runs_after_an_update_and_a_broken_one_says_so(deploy: Callable[..., Any]) -> None:
    function = deploy("def handler(event, context): return 1")
    assert payload(function.invoke()) == 1
    function.update("def handler(event, context): return 2")
    until("the new code", lambda: payload(function.invoke()) == 2)
    function.update("def handler(event, context: return 3")
    until("the broken code", lambda: function.invoke().get("FunctionError"))
    assert payload(function.invoke())["errorType"] == "Runtime.UserCodeSyntaxError"


def test_the_caller_of_a_killed_worker_is_told_and_the_next_invocation_succeeds(
    stage: Stage, deploy: Callable[..., Any]
) -> None:
    function = deploy("import time\ndef handler(event, context): time.sleep(event['seconds'])")
    answers: list[Any] = []
    caller = threading.Thread(target=lambda: answers.append(function.invoke('{"seconds": 9}')))
    caller.start()
    os.kill(until("an invocation", lambda: process_of(stage, function.name)), signal.SIGKILL)
    caller.join()
    told = payload(answers[0])
    assert answers[0]["FunctionError"] == "Unhandled"
    assert told["errorType"] == "Runtime.ExitError"
    assert told["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert "FunctionError" not in function.invoke('{"seconds": 0}')


def test_the_message_of_a_killed_worker_comes_again(stage: Stage, deploy: Callable[..., Any]) -> None:
    function = deploy(
        """
        import time
        def handler(event, context):
            (record,) = event["Records"]
            if record["attributes"]["ApproximateReceiveCount"] == "1":
                time.sleep(9)
            print("handled", record["body"])
        """
    )
    sqs, aws_lambda = stage.client("sqs"), stage.client("lambda")
    url = sqs.create_queue(QueueName=function.name, Attributes={"VisibilityTimeout": "3"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = aws_lambda.create_event_source_mapping(FunctionName=function.name, EventSourceArn=arn, BatchSize=1)
    try:
        sqs.send_message(QueueUrl=url, MessageBody="once more")
        os.kill(until("the message's invocation", lambda: process_of(stage, function.name)), signal.SIGKILL)
        until("the message again", lambda: "handled once more" in function.lines(), 30)
    finally:
        aws_lambda.delete_event_source_mapping(UUID=mapping["UUID"])
        sqs.delete_queue(QueueUrl=url)
