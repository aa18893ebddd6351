"""What may be written on the command line: never a secret, for all on the machine may see it."""

import argparse
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

_EPILOG = """
signs in by: AZURE_DEVOPS_ORG, AZURE_TENANT_ID, AZURE_CLIENT_ID (AZURE_CLIENT_SECRET), and
  AZURE_USERNAME and AZURE_PASSWORD, or a refresh token: AZURE_REFRESH_TOKEN, AZURE_REFRESH_TOKEN_FILE or
  AZURE_REFRESH_TOKEN_SECRET (the address of a Key Vault secret)
network: HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE
exit status: 0 done, 1 refused, 2 wrong usage or configuration, 3 try again later
"""
_TOKEN = "its id, or its name if no other has it"  # noqa: S105
_MOST_DAYS = 365


def parsed(arguments: Sequence[str]) -> Namespace:
    """Return what is asked for. Raises `SystemExit` (2) with how it is to be written."""
    parser = ArgumentParser(
        "python -m shared.tokens",
        description="Personal access tokens of Azure DevOps, as their user.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _list(_added(commands, "list", "list tokens"))
    _show(_added(commands, "show", "show one token"))
    _create(_added(commands, "create", "make a token"))
    _update(_added(commands, "update", "change a token; its value stays"))
    _revoke(_added(commands, "revoke", "revoke a token at once and for good"))
    _rotate(_added(commands, "rotate", "replace a token before it ends; made for cron"))
    _sign_in(_added(commands, "sign-in", "sign a person in by device code, and keep the refresh token"))
    asked = parser.parse_args(arguments)
    _check_together(parser, asked)
    return asked


def _added(commands: "argparse._SubParsersAction[ArgumentParser]", name: str, words: str) -> ArgumentParser:
    parser = commands.add_parser(name, help=words, description=f"{words.capitalize()}.", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _list(parser: ArgumentParser) -> None:
    parser.add_argument("--show", choices=("active", "revoked", "expired", "all"), default="active")
    parser.add_argument("--sort", choices=("name", "date", "status"), default="name")
    parser.add_argument("--descending", action="store_true")


def _show(parser: ArgumentParser) -> None:
    parser.add_argument("token", metavar="TOKEN", help=_TOKEN)


def _create(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="how its user recognises it")
    _purpose(parser)
    _end(parser, required=True)
    _place(parser)


def _update(parser: ArgumentParser) -> None:
    parser.add_argument("token", metavar="TOKEN", help=_TOKEN)
    parser.add_argument("--name", metavar="NAME", help="its new name")
    _purpose(parser)
    _end(parser, required=False)


def _revoke(parser: ArgumentParser) -> None:
    parser.add_argument("token", metavar="TOKEN", help=_TOKEN)


def _rotate(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="how the names of its tokens begin; only one place may have it")
    _purpose(parser)
    parser.add_argument("--days", type=_days, help="how long each lives; else as long as the last one")
    parser.add_argument(
        "--if-expires-within", type=_days, metavar="DAYS", help="do nothing while it works for longer than that"
    )
    parser.add_argument(
        "--overlap-hours",
        type=_hours,
        default=24,
        metavar="HOURS",
        help="how long the old one goes on working; a later run revokes it (default 24; 0: this run does)",
    )
    parser.add_argument("--replaces", metavar="ID", help="a token that was made otherwise, and ends like an old one")
    _place(parser)


def _sign_in(parser: ArgumentParser) -> None:
    _place(parser)


def _purpose(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--scope", action="append", default=[], metavar="SCOPE", help="such as vso.code; may be given several times"
    )
    parser.add_argument("--full-access", action="store_true", help="whatever the user may do, instead of scopes")


def _end(parser: ArgumentParser, *, required: bool) -> None:
    end = parser.add_mutually_exclusive_group(required=required)
    end.add_argument("--days", type=_days, help="for how long it is valid, from now on")
    end.add_argument("--until", metavar="MOMENT", help="such as 2027-01-31T00:00:00Z")


def _place(parser: ArgumentParser) -> None:
    place = parser.add_argument_group("where the value goes")
    one = place.add_mutually_exclusive_group(required=True)
    one.add_argument("--out", metavar="FILE", help='only its owner may read it; "-" is the standard output')
    one.add_argument("--key-vault", metavar="URL", help="with --secret")
    one.add_argument("--kubernetes-secret", nargs=2, metavar=("NAMESPACE/NAME", "KEY"), help="a Secret of this cluster")
    place.add_argument("--secret", metavar="NAME", help="the secret of --key-vault")
    place.add_argument("--replace-secret", action="store_true", help="even if it came from elsewhere")


def _days(text: str) -> int:
    return _between(text, 1, _MOST_DAYS)


def _hours(text: str) -> int:
    return _between(text, 0, 24 * _MOST_DAYS)


def _between(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}")
    return int(text)


def _check_together(parser: ArgumentParser, asked: Namespace) -> None:
    """Refuse what makes no sense together."""
    if "out" not in asked:
        return
    if bool(asked.key_vault) != bool(asked.secret):
        parser.error("--key-vault and --secret go together")
    if asked.replace_secret and not asked.key_vault:
        parser.error("--replace-secret is for --key-vault")
    if asked.out == "-" and asked.json:
        parser.error("--out - prints the value and nothing else: leave --json out")
    if asked.out == "-" and asked.command == "rotate":
        parser.error("rotate must be able to read the value again: name a file, or a secret")
