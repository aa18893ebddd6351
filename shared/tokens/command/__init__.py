"""`python -m shared.tokens`, for cron jobs and pipelines: no Functions host, no storage account. Imports point down:

running        one run of the command: what it prints, and its exit status
commands       what each sub-command does
signing_in     a person signs in once, by device code
rotating       carries out what `rotation_steps` says
rotation_steps the next step of a rotation. Pure
family         the tokens that one `rotate` made, by their names
user           the user whom the environment names, signed in
environment    who that is, from the environment
destinations   where a value goes: nowhere unless told
kubernetes_secret, key_vault_secret, files    the places
remedies       what to do about a refusal, in this command's words
arguments      what may be written on the command line

Start-up is quick: nothing of Azure's SDKs, requests and msal is imported before it is needed, and never tables, queues
or Azure Functions.
"""
