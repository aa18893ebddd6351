"""Ends a managed token: all its tokens are revoked, and the versions that name them are disabled."""

from contextlib import suppress
from dataclasses import dataclass

from shared.azure_devops import personal_access_tokens as pats
from shared.azure_devops.paging import every
from shared.errors import NotFoundError
from shared.tokens import keeping
from shared.tokens.managed import ManagedToken
from shared.tokens.rotation import Tools


@dataclass(frozen=True, slots=True)
class Farewell:
    """One run over a managed token that is being deleted; each of its steps may be repeated."""

    tools: Tools
    token: ManagedToken

    def run(self) -> None:
        """Do all of it, the row last. The secret itself stays: Key Vault would keep its name for months."""
        policy, vault = self.token.policy, self.tools.vault
        owner = self.tools.owners.open(policy.connection)
        named = [one for one in every(owner, pats.list_tokens) if one.name.startswith(self.token.label)]
        known = {one.authorization_id for one in self.token.held} | {one.authorization_id for one in named}
        for authorization_id in sorted(known):
            with suppress(NotFoundError):
                owner.do(pats.revoke_token(authorization_id))
        for version in vault.versions(policy.secret):
            if version.enabled and keeping.held(self.token, version):
                vault.disable(policy.secret, version.id)
        self.tools.store.remove(self.token)
