"""What can be seen from outside of how the bridge is doing: OpenTelemetry's API, and nothing of who collects it.

invocations  one invocation: a part of a trace, and one line in the log
traces       one trace from a request to the work item and back; its id is the correlation id
metrics      what is counted and measured

In Azure the worker's runtime collects both where `PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY` says so. Without a
collector both cost next to nothing, and the correlation id is there all the same.
https://learn.microsoft.com/azure/azure-functions/opentelemetry-howto
"""
