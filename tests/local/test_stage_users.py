"""The demo users."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.stage import users
from local.stage.place import Place
from local.stage.problem import Problem


@pytest.fixture
def cognito() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "cognito-idp", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test"
        )


@pytest.fixture
def pool(cognito: Any) -> str:
    made = cognito.create_user_pool(PoolName="local-backoffice", UsernameAttributes=["email"])
    pool = made["UserPool"]["Id"]
    for group in users.DEMO_USERS.values():
        cognito.create_group(UserPoolId=pool, GroupName=group)
    return str(pool)


def members(cognito: Any, pool: str) -> dict[str, list[str]]:
    """Whose e-mail addresses are in which group."""
    found = {}
    for group in users.DEMO_USERS.values():
        people = cognito.list_users_in_group(UserPoolId=pool, GroupName=group)["Users"]
        attributes = [{a["Name"]: a["Value"] for a in person["Attributes"]} for person in people]
        found[group] = [one["email"] for one in attributes]
    return found


def test_there_is_one_confirmed_user_in_each_group(cognito: Any, pool: str) -> None:
    users.create_demo_users(cognito, pool)

    assert members(cognito, pool) == {
        "agents": ["agent@example.com"],
        "accountants": ["accountant@example.com"],
        "analysts": ["analyst@example.com"],
        "operators": ["operator@example.com"],
        "sites": ["site@example.com"],
    }
    statuses = [user["UserStatus"] for user in cognito.list_users(UserPoolId=pool)["Users"]]
    assert statuses == ["CONFIRMED"] * len(users.DEMO_USERS)


def test_creating_them_again_changes_nothing(cognito: Any, pool: str) -> None:
    users.create_demo_users(cognito, pool)
    before = cognito.list_users(UserPoolId=pool)["Users"]
    users.create_demo_users(cognito, pool)

    assert cognito.list_users(UserPoolId=pool)["Users"] == before


def test_a_user_left_half_made_is_completed(cognito: Any, pool: str) -> None:
    cognito.admin_create_user(
        UserPoolId=pool,
        Username="agent@example.com",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "agent@example.com"}],
    )
    users.create_demo_users(cognito, pool)

    agent = cognito.admin_get_user(UserPoolId=pool, Username="agent@example.com")
    assert agent["UserStatus"] == "CONFIRMED"
    assert members(cognito, pool)["agents"] == ["agent@example.com"]


def test_a_user_who_lost_the_group_gets_it_back(cognito: Any, pool: str) -> None:
    users.create_demo_users(cognito, pool)
    cognito.admin_remove_user_from_group(UserPoolId=pool, Username="analyst@example.com", GroupName="analysts")
    users.create_demo_users(cognito, pool)

    assert members(cognito, pool)["analysts"] == ["analyst@example.com"]


def test_a_token_for_nobody_names_who_there_is() -> None:
    with pytest.raises(Problem, match="no demo user root.*agent@example.com"):
        users.token(Place.at(5000), "root")
