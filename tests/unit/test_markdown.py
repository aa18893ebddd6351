"""Markdown that anybody may have written costs little, and fails for nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.connections.defaults import Defaults
from shared.texts.formats import HTML, MARKDOWN, Format
from shared.texts.markdown import TooComplexError, as_markdown, beginning, own_markdown
from shared.texts.templates import TemplateFailedError, rendered
from shared.tickets.item_content import content
from tests.unit.vulnerabilities import vulnerability

URL = "https://bridge.example/api/tickets/contoso.1"
DEEP = "*a **a " * 100 + "b** c* " * 100
SLOW = {
    "numbers": "1. a\n" * 120_000,
    "bullets": "- a\n" * 150_000,
    "nested bullets": "- - a\n" * 100_000,
    "a heading": "a\n" * 250_000 + "===",
    "quotes": "> " * 19 + "a\n" * 300_000,
    "images": "![a](b)" * 80_000,
    "brackets": "[" * 600_000,
    "half links": "[a](" * 150_000,
    "emphasis": "*a*\n" * 150_000,
    "deep": DEEP * 400,
    "tables": "|a|b|\n|-|-|\n" * 50_000,
    "one table": "|a|b|\n|-|-|\n" + "|a|b|\n" * 100_000,
    "backticks": " ".join("`" * length for length in range(1, 1_100)),
}


@pytest.mark.parametrize("name", SLOW)
def test_no_text_takes_long(shape: Format, ordinary: float, name: str) -> None:
    seconds, shown = timed(shape, SLOW[name])

    assert seconds < 20 * ordinary
    assert "cut here" in shown


def timed(shape: Format, text: str) -> tuple[float, str]:
    start = time.process_time()
    shown = shape.markdown(text)
    return time.process_time() - start, shown


@pytest.fixture(
    scope="module", params=[HTML, pytest.param(MARKDOWN, marks=pytest.mark.thorough)], ids=["html", "markdown"]
)
def shape(request: pytest.FixtureRequest) -> Format:
    found: Format = request.param
    return found


@pytest.fixture(scope="module")
def ordinary(shape: Format) -> float:
    """Return how long ordinary text takes on this machine: what was quadratic took 600 times as long."""
    return min(timed(shape, "some words: in a line\n" * 30_000)[0] for _ in range(3))


@pytest.mark.parametrize("text", [DEEP, "*a* " * 5_000, "*a **a " * 30 + "b** c* " * 30])
def test_what_cannot_be_written_as_markdown_is_shown_as_it_was(text: str) -> None:
    shown = as_markdown(f"{text}\n# no heading\n\n- no list")

    tokens = MarkdownIt("commonmark").parse(shown)
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    words = " ".join(piece.content for token in tokens for piece in token.children or () if piece.content)
    assert words.split() == f"{text}\n# no heading\n\n- no list".split()


@given(st.text(st.sampled_from("*_`[]()<>!#-+1.|\\&~ \t\n\x00a:\"'"), max_size=300))
def test_no_text_fails(text: str) -> None:
    as_markdown(text)


def test_a_template_whose_markdown_is_too_complex_fails_as_others_do() -> None:
    with pytest.raises(TemplateFailedError, match="nested too deeply"):
        rendered(DEEP, MARKDOWN, {})
    with pytest.raises(TemplateFailedError, match="too many parts"):
        rendered("{% for a in references %}- {{ a }}\n- b\n{% endfor %}", MARKDOWN, {"references": ["x"] * 1_500})
    with pytest.raises(TooComplexError, match="200,000"):
        own_markdown("a" * 200_001)


def test_such_a_template_leaves_the_standard_text_and_a_word() -> None:
    making = Defaults.model_validate({"text_format": "markdown", "description_template": DEEP})

    text = content.description([vulnerability(description="*fine*")], making, ticket_url=URL)

    assert "nested too deeply" in text.problem
    assert "*fine*" in text.text


@pytest.mark.parametrize("text_format", ["html", "markdown"])
def test_what_is_cut_is_attached_in_full(text_format: str) -> None:
    making = Defaults.model_validate({"text_format": text_format})
    long = "- a line\n" * 11_000

    text = content.description([vulnerability(description=long)], making, ticket_url=URL)

    assert "cut here: the rest does not fit into a work item; it is attached in full" in text.text.replace("\\", "")
    [file] = text.files
    assert file.content.decode() == long.strip()


def test_a_beginning_ends_with_a_whole_line() -> None:
    assert beginning("a\nb\nc", 100, 2) == "a\nb"
    assert beginning("a\nb\nc", 3, 2) == "a\nb"
    assert beginning("a\nb\n", 100, 2) == "a\nb"
    assert beginning("abc", 2, 9) == "ab"
    assert beginning("a\nb", 100, 2) == "a\nb"
