"""The edge: HTTP, queue and timer functions. Each translates, calls one use case, and answers.

http_*         routes, each declared once by `operation`
operations     what a route takes and answers, for Azure Functions and for the API's description; parameters: its bounds
openapi        the description that is made of it, with examples.json (a call of each, as it was seen: `make api`)
answers        JSON, problem documents, pages
queues, poison, timers   all other triggers
"""
