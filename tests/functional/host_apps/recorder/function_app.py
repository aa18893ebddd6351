"""An app that writes down how it was called; what its queue function does is what the message says."""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, List  # noqa: UP035 - Microsoft's runtime refuses Out[list[str]]

import azure.functions as func

app = func.FunctionApp()
CALLS = Path(os.environ["CALLS"])
LOCK = threading.Lock()


def record(**call: Any) -> None:
    with LOCK, CALLS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": time.time(), **call}) + "\n")


@app.route(route="echo/{id:int}/{*rest}", methods=["GET", "POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    content = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "query": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode("latin-1"),
    }
    return func.HttpResponse(json.dumps(content), mimetype="application/json", status_code=203)


@app.route(route="other", methods=["GET"])
def other(req: func.HttpRequest) -> str:
    return "grüezi"


@app.route(route="for-administrators", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def administration(req: func.HttpRequest) -> str:
    return "for administrators"


@app.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
def anonymous(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream", charset="utf-8")
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
    response.headers.add("Set-Cookie", "b=2; Max-Age=60")
    return response


@app.route(route="broken", auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> func.HttpResponse:
    if "exit" in req.params:
        sys.exit(3)
    raise RuntimeError("a secret that must not leave")


@app.route(route="slow", auth_level=func.AuthLevel.ANONYMOUS)
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    import asyncio  # noqa: PLC0415

    record(function="slow", step="started")
    await asyncio.sleep(float(req.params["seconds"]))
    record(function="slow", step="finished")
    return func.HttpResponse("done")


@app.queue_trigger(arg_name="msg", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="out", queue_name="%QUEUE%-out", connection="AzureWebJobsStorage")
def work(msg: func.QueueMessage, out: func.Out[List[str]]) -> None:  # noqa: UP006
    body = msg.get_body().decode()
    orders = json.loads(body) if body.startswith("{") else {}
    record(
        function="work",
        step="started",
        body=body,
        id=msg.id,
        count=msg.dequeue_count,
        inserted=str(msg.insertion_time),
        expires=str(msg.expiration_time),
        receipt=msg.pop_receipt,
    )
    time.sleep(orders.get("seconds", 0))
    if msg.dequeue_count <= orders.get("failures", 0):
        raise RuntimeError("as ordered")
    if "send" in orders:
        out.set(orders["send"])
    record(function="work", step="finished", body=body)


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%", run_on_startup=False)
def tick(timer: func.TimerRequest) -> None:
    record(function="tick", past_due=timer.past_due, times=timer.schedule_status)  # type: ignore[attr-defined]
    raise RuntimeError("a timer goes on all the same")
