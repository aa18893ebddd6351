"""Answers that are files: their bytes as they are."""

from http import HTTPStatus

from shared.azure_devops.answers import Answer, judge
from shared.errors import TransientError, UnknownError


def judge_bytes(answer: Answer, *, changes: bool) -> bytes:
    """Return the body of a file's answer; all else is judged as ever.

    A web page is never taken for the file: sign-in pages come with 200 as well, and what is asked for as
    `application/octet-stream` or as a zip is not sent as HTML.
    """
    if answer.status == HTTPStatus.OK and "html" not in answer.headers.get("content-type", "").lower():
        return answer.body
    judge(answer, changes=changes)
    message = "Azure DevOps answered without the file."
    raise (UnknownError if changes else TransientError)(message)
