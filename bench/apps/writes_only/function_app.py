"""The rival of hook intake: it writes what comes to a queue, and does nothing else."""

import os

import azure.functions as func
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

app = func.FunctionApp()
queue = QueueClient.from_connection_string(
    os.environ["STORAGE"], os.environ["QUEUE"], message_encode_policy=TextBase64EncodePolicy()
)


@app.route(route="hooks/{connection}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def take(req: func.HttpRequest) -> func.HttpResponse:
    """Write the event as it is kept, whatever was sent."""
    del req
    queue.send_message(os.environ["EVENT"])
    return func.HttpResponse('{"event": "taken"}', mimetype="application/json")
