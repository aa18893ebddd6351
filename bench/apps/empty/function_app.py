"""The rival of a cold start: one function of each kind of trigger that does nothing."""

import azure.functions as func

app = func.FunctionApp()


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer."""
    del req
    return func.HttpResponse("{}", mimetype="application/json")


@app.queue_trigger("msg", "ticket-requests", connection="AzureWebJobsStorage")
def take(msg: func.QueueMessage) -> None:
    """Take a message."""
    del msg


@app.timer_trigger("timer", "* * * * * *", run_on_startup=False)
def sweep(timer: func.TimerRequest) -> None:
    """Do nothing, each second."""
    del timer
