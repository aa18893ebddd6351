"""Personal access tokens: the API of their life.

personal_access_tokens   list, create, show, change and revoke those of the user whom a connection signs in
requests                 what may be sent to create or change one
scopes                   what a token may be for, in words
showing                  a token as the API shows it
owners                   who may manage tokens, and where their API is
keeping                  where a new token's value goes: a secret of Key Vault, and nowhere else

https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
"""
