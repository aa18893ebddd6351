"""Files that are uploaded before a work item links to them.

https://learn.microsoft.com/rest/api/azure/devops/wit/attachments
"""

import uuid
from urllib.parse import urlencode

from local.simulators.azure_devops import errors, projects
from local.simulators.azure_devops.web import Answer, Call, Route
from local.simulators.azure_devops.world import World

_MOST_BYTES = 60 * 1024 * 1024
_BYTES = "application/octet-stream"


def upload(world: World, call: Call) -> Answer:
    """POST wit/attachments?fileName=: the bytes of the body, answered 201."""
    if call.headers.get("content-type", "").partition(";")[0] != _BYTES:
        message = f"The request's Content-Type is not supported. Valid content types for this method are: {_BYTES}."
        kind = "VssRequestContentTypeNotSupportedException"
        raise errors.ServiceError(415, message, kind, "Microsoft.VisualStudio.Services.WebApi", 0, 0)
    if len(call.body) > _MOST_BYTES:
        message = "TF237082: The file you are trying to upload exceeds the supported file upload size."
        raise errors.bad_request(message, "AttachmentSizeLimitExceededException")
    identifier = str(uuid.uuid4())
    with world.store.transaction() as database:
        if "project" in call.names:
            projects.find(database, call.organization, call.names["project"], call.identity)
        row = (call.organization, identifier, call.body)
        database.execute("INSERT INTO attachments VALUES (?, ?, ?)", row)
    query = urlencode({"fileName": call.text("fileName")})
    url = f"{call.home}/_apis/wit/attachments/{identifier}?{query}"
    return Answer({"id": identifier, "url": url}, status=201)


def download(world: World, call: Call) -> Answer:
    """GET wit/attachments/{id}."""
    statement = "SELECT content FROM attachments WHERE organization = ? AND id = ?"
    with world.store.transaction() as database:
        row = database.execute(statement, (call.organization, call.names["id"].lower())).fetchone()
    if row is None:
        message = f"VS403332: Attachment {call.names['id']} does not exist."
        raise errors.ServiceError(404, message, "AttachmentNotFoundException")
    return Answer(bytes(row["content"]), media_type=_BYTES)


_ALL = "/{organization}/{project?}/_apis/wit/attachments"
ROUTES = (Route("POST", _ALL, upload), Route("GET", _ALL + "/{id}", download))
