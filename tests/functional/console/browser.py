"""A browser without JavaScript: it keeps cookies, follows links and sends the forms that are on its page."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from local.stack import Stack


class _Forms(HTMLParser):
    """The forms of a page: where they go, and their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((of.get("action", ""), {}))
        elif tag == "input" and self.found and "name" in of:
            self.found[-1][1][of["name"]] = of.get("value", "")


class Browser:
    """One visitor of the console of a stack."""

    def __init__(self, stack: Stack) -> None:
        self.base = f"{stack.addresses.functions}/api/console"
        self.session = requests.Session()
        self.session.trust_env = False
        self.page = ""
        self.url = self.base

    def sign_in(self, key: str) -> requests.Response:
        return self.session.post(f"{self.base}/session", headers={"x-functions-key": key}, timeout=60)

    def open(self, path: str, *, status: int = 200) -> str:
        """Return the page at a path below the console, or at a whole address."""
        return self._shown(self.session.get(self._address(path), timeout=60), status)

    def send(self, action: str, *, status: int = 200, **fields: str) -> str:
        """Send the form of this page whose address ends so, and return the page that it leads to."""
        forms = _Forms()
        forms.feed(self.page)
        to, given = next(form for form in forms.found if form[0].partition("#")[0].endswith(action))
        answer = self.session.post(urljoin(self.url, to), data={**given, **fields}, timeout=60)
        return self._shown(answer, status)

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.base}{path}"

    def _shown(self, answer: requests.Response, status: int) -> str:
        assert answer.status_code == status, answer.text
        self.page, self.url = answer.text, answer.url
        return self.page


def text_of(page: str) -> str:
    """Return what a page says, blanks as one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
