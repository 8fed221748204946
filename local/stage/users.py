"""The demo users, one for each group, and their tokens."""

from __future__ import annotations

from typing import Any

from local.stage import aws
from local.stage.place import Place
from local.stage.problem import Problem

DEMO_USERS = {
    "agent@example.com": "agents",
    "accountant@example.com": "accountants",
    "analyst@example.com": "analysts",
    "operator@example.com": "operators",
    "site@example.com": "sites",
}
# Known to everybody: these users exist on loopback only.
DEMO_PASSWORD = "Demo-users-1-have-this"


def create_demo_users(cognito: Any, pool: str) -> None:
    """Create what is missing of the demo users in the pool: the user, its password, its group."""
    for user, group in DEMO_USERS.items():
        try:
            cognito.admin_create_user(
                UserPoolId=pool,
                Username=user,
                MessageAction="SUPPRESS",
                UserAttributes=[{"Name": "email", "Value": user}, {"Name": "email_verified", "Value": "true"}],
            )
        except cognito.exceptions.UsernameExistsException:
            if _is_complete(cognito, pool, user):
                continue
        cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=DEMO_PASSWORD, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)


def token(place: Place, user: str) -> str:
    """An id token of a demo user, fresh from Cognito.

    Raises Problem if there is no such user, or no stage.
    """
    if user not in DEMO_USERS:
        raise Problem(f"There is no demo user {user}: make token USER=... with one of {', '.join(DEMO_USERS)}")
    signed_in = aws.client(place, "cognito-idp").admin_initiate_auth(
        UserPoolId=the_only(place, "AWS::Cognito::UserPool"),
        ClientId=the_only(place, "AWS::Cognito::UserPoolClient"),
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": DEMO_PASSWORD},
    )
    return str(signed_in["AuthenticationResult"]["IdToken"])


def the_only(place: Place, resource_type: str) -> str:
    """The physical id of the shared stack's one resource of this type.

    Raises Problem if the shared stack is not deployed.
    """
    found = aws.physical_ids(place, "shared", resource_type)
    if len(found) != 1:
        raise Problem("The shared stack is not deployed: run make up")
    return found[0]


def _is_complete(cognito: Any, pool: str, user: str) -> bool:
    if cognito.admin_get_user(UserPoolId=pool, Username=user)["UserStatus"] != "CONFIRMED":
        return False
    groups = cognito.admin_list_groups_for_user(UserPoolId=pool, Username=user)["Groups"]
    return DEMO_USERS[user] in [group["GroupName"] for group in groups]
