"""What each sub-command does. Each returns its answer as JSON would have it, and the same for people, line by line."""

import re
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.errors import ConfigurationError, ConflictError, NotFoundError, UnknownError
from shared.shown import moment
from shared.tokens.command.destinations import Destination, destination
from shared.tokens.command.environment import Environment
from shared.tokens.command.family import LONGEST_NAME
from shared.tokens.command.rotating import Rotating, Tools
from shared.tokens.command.rotation_steps import Seen, Wanted, next_rotation, retiring
from shared.tokens.command.signing_in import DeviceSignIn
from shared.tokens.command.user import Text, User, entra, opened, place_of, proving, user
from shared.tokens.personal_access_tokens import Listing, PersonalAccessTokens
from shared.tokens.requests import ChangedTokenRequest, TokenRequest, TokenToMake
from shared.tokens.showing import TokenView, shown
from shared.validation import validated

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OURS = ""
"""The one user of the environment is nobody's connection."""

type Answer = tuple[Mapping[str, Any], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Commands:
    """The sub-commands, in one environment. Each raises what the use cases behind it raise."""

    asked: Namespace
    values: Mapping[str, str]
    out: TextIO
    say: Callable[[str], None]

    def run(self) -> Answer:
        """Do what is asked for."""
        does: dict[str, Callable[[], Answer]] = {
            "list": self._list,
            "show": self._show,
            "create": self._create,
            "update": self._update,
            "revoke": self._revoke,
            "rotate": self._rotate,
            "sign-in": self._sign_in,
        }
        return does[self.asked.command]()

    def _list(self) -> Answer:
        listing = Listing(self.asked.show, self.asked.sort, self.asked.descending)
        found = list(self._every(self._tokens(), listing))
        return {"personal_access_tokens": found}, [_line(one) for one in found] or ["There are none."]

    def _show(self) -> Answer:
        found = self._named(self._tokens())
        return found, _lines(found)

    def _create(self) -> Answer:
        asked = {"name": self.asked.name, "valid_to": self._end(), **self._purpose()}
        request = validated(TokenToMake, asked, what="token")
        tokens, place = self._tokens(), self._place()
        try:
            made, version = tokens.create(_OURS, request, place)
        except UnknownError as error:
            raise _perhaps(error, self.asked.name) from error
        return {**made, "version": version} if version else made, _lines(made)

    def _update(self) -> Answer:
        given = {"name": self.asked.name, "valid_to": self._end(), **self._purpose()}
        wanted = {name: value for name, value in given.items() if value}
        request = validated(ChangedTokenRequest, wanted, what="change")
        tokens = self._tokens()
        changed = tokens.update(_OURS, self._named(tokens)["authorization_id"], request)
        return changed, _lines(changed)

    def _revoke(self) -> Answer:
        tokens = self._tokens()
        found = self._named(tokens)
        tokens.revoke(_OURS, found["authorization_id"])
        return {"revoked": found}, [f"Revoked: {found['name']} ({found['authorization_id']})"]

    def _rotate(self) -> Answer:
        name, purpose = self.asked.name.strip(), self._purpose()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise ConfigurationError([f"NAME must have 1 to {LONGEST_NAME} characters that can be seen"])
        scopes = validated(TokenRequest, purpose, what="token").granted
        environment = Environment.read(self.values)
        owner, within = self._user(environment), self.asked.if_expires_within
        wanted = Wanted(
            overlap=timedelta(hours=self.asked.overlap_hours),
            slow=timedelta(seconds=environment.times.lease),
            within=timedelta(days=within) if within else None,
            scopes=scopes,
        )
        tools = Tools(
            organisation=owner.open(),
            place=destination(self.asked, environment, self.values, self.out),
            proving=proving(environment, owner),
            connection=place_of(environment),
            times=environment.times,
            now=_now,
        )
        lifetime = timedelta(days=self.asked.days) if self.asked.days else None
        rotating = Rotating(tools, name, wanted, lifetime, (self.asked.replaces or "").lower())
        return _rotated(rotating, rotating.run())

    def _sign_in(self) -> Answer:
        environment = Environment.read(self.values, nobody_yet=True)
        signing_in = DeviceSignIn(environment, entra(environment), opened(environment), self.say)
        who = signing_in.run(destination(self.asked, environment, self.values, self.out))
        return {"identity": who}, [f"Signed in as {who}."]

    def _tokens(self) -> PersonalAccessTokens:
        return PersonalAccessTokens(self._user(Environment.read(self.values)), in_use=lambda *_: "")

    def _place(self) -> Destination:
        return destination(self.asked, Environment.read(self.values), self.values, self.out)

    def _user(self, environment: Environment) -> User:
        return user(environment, _kept(environment))

    def _named(self, tokens: PersonalAccessTokens) -> TokenView:
        """Return the token that is named by its id, or by a name that no other active one has."""
        if _ID.fullmatch(self.asked.token):
            return tokens.get(_OURS, self.asked.token)
        found = [one for one in self._every(tokens, Listing()) if one["name"] == self.asked.token]
        if not found:
            raise NotFoundError(f"There is no active token {self.asked.token}.", hint="See list --show all.")
        if len(found) > 1:
            ids = ", ".join(one["authorization_id"] for one in found)
            raise ConflictError(f"{len(found)} tokens are called {self.asked.token}.", hint=f"Say which: {ids}.")
        return found[0]

    def _every(self, tokens: PersonalAccessTokens, listing: Listing) -> Iterator[TokenView]:
        after, more = "", True
        while more:
            found, after = tokens.list(_OURS, listing, after)
            yield from found
            more = bool(after)

    def _purpose(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in (("scopes", self.asked.scope), ("full_access", self.asked.full_access))
            if value
        }

    def _end(self) -> str:
        """Return when the token is to end, empty where that is not said."""
        if self.asked.days:
            return (_now() + timedelta(days=self.asked.days)).isoformat()
        return str(self.asked.until or "")


def _kept(environment: Environment) -> Text | None:
    """Return where a refresh token is kept, None where it is in the environment, or not needed."""
    if environment.kept_file:
        from pathlib import Path  # noqa: PLC0415

        from shared.tokens.command.files import File  # noqa: PLC0415

        return File(Path(environment.kept_file))
    if environment.kept_secret:
        from shared.tokens.command.key_vault_secret import KeyVaultSecret  # noqa: PLC0415  half a second

        return KeyVaultSecret.at(environment.kept_secret, environment.azure)
    return None


def _now() -> datetime:
    return datetime.now(UTC)


def _perhaps(error: UnknownError, name: str) -> UnknownError:
    return UnknownError(
        error.message,
        hint=f"Look for “{name}”: list --sort date --descending. If it is there, revoke it, for its value is lost.",
    )


def _rotated(rotating: Rotating, seen: Seen) -> Answer:
    current, wanted = seen.current, rotating.wanted
    due = next_rotation(current, wanted.within) if current and wanted.within else None
    left = retiring(seen, wanted, _now())
    answer = {
        "rotated": rotating.made,
        "token": shown(current) if current else None,
        "next_rotation": moment(due) if due else None,
        "revoked": [_short(token) for token in rotating.revoked],
        "retiring": [{**_short(token), "revoked_after": moment(end)} for token, end in left],
        "warnings": rotating.warnings,
    }
    lines = [f"{'Rotated' if rotating.made else 'Nothing to do'}: {_line(shown(current))}" if current else ""]
    lines += [f"To be replaced after {moment(due)}"] if due else []
    lines += [f"Revoked: {token.name} ({token.authorization_id})" for token in rotating.revoked]
    lines += [f"Works on until a run after {moment(end)}: {token.name}" for token, end in left]
    return answer, [line for line in [*lines, *rotating.warnings] if line]


def _short(token: PersonalAccessToken) -> dict[str, str]:
    return {"authorization_id": token.authorization_id, "name": token.name}


def _line(token: TokenView) -> str:
    purpose = "full access" if token["full_access"] else " ".join(token["scopes"])
    return f"{token['authorization_id']}  {token['valid_to']}  {token['name']}  [{purpose}]"


def _lines(token: Mapping[str, Any]) -> list[str]:
    """Return a token as people read it; warnings come last."""
    listed = {name: " ".join(value) if isinstance(value, list) else str(value) for name, value in token.items()}
    warnings = list(token.get("warnings", []))
    return [*(f"{name:18} {value}" for name, value in listed.items() if name != "warnings"), *warnings]
