"""Everything the functions share. The map, in the order in which imports may point (down, never up):

triggers       HTTP, queue and timer functions: the only importer of azure.functions
services       composition: hands out use cases, and makes those that queues and timers start
edge           composition of the app that takes service hooks and does nothing else
administration, ticket_services
               composition: make use cases of what people set up, and of what is asked of tickets
registry_services
               composition: makes use cases of what source code registers
clients        composition: builds each client and store once per process
tickets        snapshots in, work items kept, updates out: accept, plan, work, observe, outbox
registries     what a repository's source registers under which name, read and never executed
links          application or environment → project, with what to create there
tokens         personal access tokens of a connection's user, their values in Key Vault
connections    one Azure DevOps organisation each, and its credential
alerts         what a person should know of, as messages
azure_devops   the REST client: one module per area; answers.py turns a response into a value or an error
storage        tables, queues, blobs, secrets: thin and typed over the Azure SDKs
texts          text that anybody may have written, made harmless: masking, HTML and Markdown, templates
telemetry      traces and metrics by OpenTelemetry's API, and the one line of each invocation
shown          types of values in answers
conditions     what a sender expects of the stored version
settings       the app's settings, read once, judged all together
once           properties that are computed once, whoever asks
times          every duration of the protocols, scaled by one setting
errors         one class per decision that a caller can take
"""
