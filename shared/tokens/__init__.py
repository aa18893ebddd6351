"""Personal access tokens: the API of their life, and those that look after themselves. Imports point down:

command                  `python -m shared.tokens`: the same where there is no function app
managed_tokens           save, show, rotate and end managed tokens
leaks                    managed tokens in what a platform sends: replaced, and revoked right after
runs                     each managed token's run: a message of the queue; what fails is told in good time
farewell, rotation       what a run does: end a managed token, or see that its secret works
rotation_plan            the next step of a rotation. Pure
proving                  whether a token opens its organisation, and does for its users what its forerunner did
store                    managed tokens as rows of the table `tokens`, with their leases
personal_access_tokens   list, create, show, change and revoke those of the user whom a connection signs in
making                   make a token whose value goes to one place, or revoke it
keeping                  where a token's value goes: a secret of Key Vault
managed                  what a managed token is: policy, tokens, the rotation under way
showing                  a token as the API shows it
requests                 what may be sent to create or change one
asking                   asks for a run over a managed token
owners                   who may manage tokens, and where their API is
scopes                   what a token may be for, in words

https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
"""
