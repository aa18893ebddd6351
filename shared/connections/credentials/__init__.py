"""How a connection signs in: one module per kind, all behind `Credential.authorization(renew)`.

models        what may be sent to `PUT /connections/{connection}`: details that may be shown, and one secret
credential    the interface, and what an access token is
bearer        keeps an access token in memory until shortly before it ends; threads share it
personal_access_token, service_principal, managed_identity, user_password, signed_in_user    the kinds
choosing      which of them a connection has
entra         asks Microsoft Entra ID for tokens, through msal
answers       what Entra's refusals mean, in words for who must mend them
"""
