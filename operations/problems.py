"""What went wrong, in one sentence, and what to do about it in another: for the shell, the page and scripts alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)

_THROTTLED = {
    "LimitExceededException",
    "OverLimit",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_CALLER = {
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NO_QUEUE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}


@dataclass(eq=False)
class Problem(Exception):
    """`detail` says what happened, `advice` what to do; `status` is HTTP's, `code` a name for programs."""

    code: str
    detail: str
    advice: str
    status: int = 502

    def __str__(self) -> str:
        return f"{self.detail} {self.advice}"


def bad_request(detail: str, advice: str) -> Problem:
    return Problem("bad_request", detail, advice, 400)


def not_found(detail: str, advice: str) -> Problem:
    return Problem("not_found", detail, advice, 404)


@contextmanager
def asking(about: str) -> Iterator[None]:
    """Turn what botocore raises while AWS is asked `about` something (as in "for the service map") into a Problem."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise told(error, about) from error


def told(error: Exception, about: str) -> Problem:
    """The Problem that an error of botocore is.

    Error codes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_errors.html and each service's own.
    """
    if isinstance(error, ClientError):
        return _refused(error, about)
    if isinstance(error, CredentialRetrievalError | TokenRetrievalError | SSOError):
        return Problem(
            "no_credentials",
            f"AWS could not be asked {about}: your credentials could not be fetched ({_short(error)}).",
            "Sign in again, for example with `aws sso login`.",
            401,
        )
    if isinstance(error, NoCredentialsError | PartialCredentialsError | ProfileNotFound):
        return Problem(
            "no_credentials",
            f"AWS could not be asked {about}: {_short(error)}.",
            "Sign in (`aws sso login` or `aws configure`), or name a profile: AWS_PROFILE=....",
            401,
        )
    if isinstance(error, NoRegionError):
        return Problem(
            "no_region", f"AWS could not be asked {about}: no region is set.", "Name one: AWS_REGION=eu-central-1.", 400
        )
    if isinstance(error, ReadTimeoutError | ConnectTimeoutError):
        return Problem(
            "timed_out",
            f"AWS did not answer in time when asked {about}.",
            "Try again; a shorter time range is answered faster.",
            504,
        )
    if isinstance(error, EndpointConnectionError | ConnectionError | HTTPClientError):
        return Problem(
            "unreachable",
            f"AWS could not be reached to be asked {about} ({_short(error)}).",
            "Check the network and the region; for the local stage: `make status`, then `make up`.",
            503,
        )
    return Problem(
        "aws_failed", f"AWS could not be asked {about}: {_short(error)}.", "Try again; if it stays, report it.", 502
    )


def _refused(error: ClientError, about: str) -> Problem:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = str(error.response.get("Error", {}).get("Message", "")).strip().rstrip(".")
    action = error.operation_name
    if code in _THROTTLED:
        return Problem(
            "throttled",
            f"AWS throttled {action} when asked {about}.",
            "Wait a minute and try again; a shorter time range asks less.",
            429,
        )
    if code in EXPIRED:
        return Problem(
            "expired_credentials",
            f"Your AWS credentials have expired: {action} was refused.",
            "Sign in again (`aws sso login`) and repeat; a running console takes the new ones by itself.",
            401,
        )
    if code in _DENIED:
        return Problem(
            "access_denied",
            f"You may not call {action}, which is needed {about}.",
            "Ask for the operator's policy in operations/README.md, or use a role that has it.",
            403,
        )
    if code in _UNKNOWN_CALLER:
        return Problem(
            "unknown_credentials",
            f"AWS does not accept your credentials: {action} was refused ({code}).",
            "Check AWS_PROFILE and the key it names, then sign in again.",
            401,
        )
    if code in _NO_QUEUE:
        return not_found("The queue does not exist any more.", "Reload: the stage may have been deployed anew.")
    if code.startswith("Invalid") or code in ("ValidationException", "ValidationError"):
        return bad_request(f"AWS refused the request {about}: {said or code}.", "Correct it and ask again.")
    return Problem("aws_failed", f"{action} failed when AWS was asked {about}: {said or code}.", "Try again.", 502)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".")
