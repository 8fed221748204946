"""The token that the services' public APIs are asked with: kept in this program's memory, and nowhere else."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from typing import Any

from operations import local_stage
from operations.problems import Problem, asking, bad_request
from operations.stacks import Stacks
from operations.stage import Stage

VARIABLE = "BACKOFFICE_TOKEN"
_ADVICE = (
    "Paste the id token of a member of analysts or operators, or start the console with it in the environment: "
    f"{VARIABLE}=.... docs/operations.md says how to get one."
)
# A request that was sent with a token shall find it valid when it arrives.
_SPARE_SECONDS = 30.0


class Tokens:
    """The present token of a stage; used by any thread.

    On the local stage it is the demo analyst's, fetched and renewed by itself. On AWS somebody has to sign in: it is
    the one in the environment, or the one that was given last.
    """

    def __init__(self, stage: Stage, stacks: Stacks) -> None:
        self._stage, self._stacks = stage, stacks
        self._token = os.environ.get(VARIABLE, "").strip()
        self._fetching = threading.Lock()

    def current(self) -> str:
        """A token that has not expired. Raises Problem `sign_in` where there is none."""
        with self._fetching:
            if _expiry(self._token) > time.time() + _SPARE_SECONDS:
                return self._token
            if not self._stage.is_local:
                said = "has expired" if self._token else "is not known yet"
                raise Problem("sign_in", f"Who asks analytics {said}.", _ADVICE, 401)
            self._token = self._of_the_demo_analyst()
            return self._token

    def give(self, token: str) -> None:
        """Use this one from now on. Raises Problem for what is no token, or one that has expired."""
        token = token.strip().removeprefix("Bearer ").strip()
        if _expiry(token) <= time.time() + _SPARE_SECONDS:
            said = "That token has expired." if _expiry(token) else "That is no token."
            raise bad_request(said, "An id token has three parts with dots between them, and lasts an hour.")
        with self._fetching:
            self._token = token

    def refused(self, token: str) -> None:
        """Forget a token that the API did not accept, unless another one has taken its place."""
        with self._fetching:
            if self._token == token:
                self._token = ""

    def _of_the_demo_analyst(self) -> str:
        user, password = local_stage.demo_analyst()
        with asking("for a token of the demo analyst"):
            answer = self._stage.client("cognito-idp").admin_initiate_auth(
                UserPoolId=self._the_only("AWS::Cognito::UserPool"),
                ClientId=self._the_only("AWS::Cognito::UserPoolClient"),
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": user, "PASSWORD": password},
            )
        return str(answer["AuthenticationResult"]["IdToken"])

    def _the_only(self, type_: str) -> str:
        found = [one.id for one in self._stacks.resources(type_) if one.context == "shared"]
        if len(found) != 1:
            raise Problem("no_stage", "The shared stack is not deployed.", "Deploy the stage: `make up`.", 503)
        return found[0]


def _expiry(token: str) -> float:
    """When a token expires by its own word (RFC 7519, 4.1.4), 0 for what is no token; the API alone proves it."""
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii() or not all(parts):
        return 0.0
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0.0
