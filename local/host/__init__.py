"""The Functions host's part, on one machine, around Microsoft's own Python runtime.

`python -m local.host --app DIR --port N` indexes, binds and invokes with `azure-functions-runtime`, the
runtime that Azure uses for Python 3.13, in this process. What the host does around it is written here:

    options, settings_file, host_json, keys      what the host is told
    messages, runtime, invocations               Microsoft's runtime: stand-in messages, loading, invoking
    bindings, expressions, lint                  what the functions declare, and what is wrong with it
    routes, templates, constraints               which function answers a request
    http, http_messages, admin                   requests
    connections, accounts                        storage accounts
    queues, queue_metadata, lease, outputs       queue triggers and queue outputs
    schedule, timers, timer_status               timers
    plan, refusal, logs, serve, __main__         starting, running, stopping

It never imports the app or `shared`, and is never deployed.
"""
