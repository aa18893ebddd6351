"""Templates: what they can say, what they cannot do, and what they cost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.connections.defaults import Defaults
from shared.connections.template_checks import check_templates, sample
from shared.texts.formats import HTML, MARKDOWN, PLAIN, Format
from shared.texts.templates import TemplateFailedError, problems, rendered
from shared.tickets.item_content import content
from tests.unit.vulnerabilities import vulnerability

FULL = {**sample(), "custom": {"team": "A & B", "list": [1, 2]}, "observed_at": "2026-11-20T10:00:00Z"}


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ custom.team }}", "A &amp; B"),
        ("{{ custom.nothing.below }}|{{ custom.list|join(' / ') }}", "|1 / 2"),
        ("{% if score and score >= 9 %}!{% endif %}{{ score }}", "!9.8"),
        ("{% for m in members %}{{ loop.index }}{{ m.id }} {% endfor %}", "1PHX-2041 2PHX-2041"),
        ("{{ url|link('there') }}", '<a href="https://platform.example/v/2041" rel="noopener noreferrer">there</a>'),
        ("{{ 'javascript:alert(1)'|link('x') }}", "x"),
        ("<a href='{{ 'javascript:alert(1)' }}'>x</a>", '<a rel="noopener noreferrer">x</a>'),
        ("<p onclick='{{ title }}'>x</p><script>y</script>", "<p>x</p>"),
        ("{{ '<b>'|upper }}{{ '**x**'|markdown }}", "&lt;B&gt;<p><strong>x</strong></p>"),
        ("{{ tags }}", "internet-facing"),
        ("{{ location.snippet|code }}", "<pre><code>log(x)</code></pre>"),
    ],
)
def test_values_are_shown_escaped(source: str, shown: str) -> None:
    assert problems(source, HTML, sample()) == []
    assert rendered(source, HTML, FULL) == shown


def test_a_title_is_plain_text() -> None:
    assert rendered("[{{ severity }}] {{ '<b> & *x*' }} {{ cve|join(',') }}", PLAIN, FULL) == (
        "[critical] <b> & *x* CVE-2021-44228"
    )


def test_in_markdown_values_are_escaped_for_markdown() -> None:
    shown = rendered("# {{ title }}\n\n{{ '*b*'|markdown }}", MARKDOWN, {**FULL, "title": "*a* [x](http://y) <b>"})

    assert shown == "# \\*a\\* \\[x\\](http://y) \\<b>\n\n*b*"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}", "{{ title.format() }}", "{{ 7*7 }}", "{{ 'a' ~ 'b' }}", "{{ 10**10 }}",
        "{% set x = 1 %}", "{% macro f() %}{% endmacro %}", "{% include 'x' %}", "{{ range(9) }}",
        "{% for a in members recursive %}{% endfor %}", "{{ title|safe }}", "{{ title|attr('x') }}", "{{ self }}",
        "{{ titel }}", "{{ asset.name }}", "{% if false %}{{ asset.name }}{% endif %}", "{{ cycler }}", "{{ _steps }}",
        "{% for a in [1]|_steps %}{% endfor %}", "{{ x", "{% endif %}", "{{ title|nothing }}", "{{ members[0].titel }}",
        "{% filter upper %}x{% endfilter %}", "{% autoescape false %}{{ title }}{% endautoescape %}", "{{ 1 // 0 }}",
        "{{ title|join(description) }}", "{{ 'x'|int + 1 }}", "{{ lipsum }}", "{{ members|map('nothing') }}",
    ],
)  # fmt: skip
def test_what_a_template_cannot_do_is_said_when_it_is_saved(source: str) -> None:
    found = list(check_templates(Defaults(description_template=source)))

    assert {problem.field for problem in found} == {"/description_template"}
    assert all(problem.message for problem in found)


def test_everything_wrong_is_said_at_once() -> None:
    wrong = Defaults(title_template="{{ a }}{{ b }}", description_template="{{ c|d2 }}")

    found = [(problem.field, problem.message.partition(";")[0]) for problem in check_templates(wrong)]

    assert found == [
        ("/title_template", "line 1: there is no a"),
        ("/title_template", "line 1: there is no b"),
        ("/description_template", "line 1: there is no c"),
        ("/description_template", "line 1: there is no filter d2"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in references %}{% for b in references %}{% endfor %}{% endfor %}",
        "{% for a in description %}{% for b in description %}{% endfor %}{% endfor %}",
        "{% for a in references %}{{ description }}{% endfor %}",
        "{% for a in references %}{{ description|markdown }}{% endfor %}",
        "{{ description|truncate('x') }}",
        "{{ references|sort(attribute=1) }}{{ description|round }}",
    ],
)
def test_a_template_that_runs_away_fails_soon(source: str) -> None:
    values = {**FULL, "description": "*a* " * 25_000, "references": ["x"] * 1_000}
    start = time.process_time()
    HTML.markdown("*a* " * 25_000)
    once = time.process_time() - start

    start = time.process_time()
    with pytest.raises(TemplateFailedError):
        rendered(source, HTML, values)
    assert time.process_time() - start < 4 * once  # and not a thousand times


def test_one_that_fails_leaves_the_standard_text_and_a_word() -> None:
    making = Defaults(title_template="{{ score|round('x') }}", description_template="{{ score|round('x') }}")
    members = [vulnerability(score=5)]

    title = content.title(members, making, ticket_url="https://x.example/1")
    text = content.description(members, making, ticket_url="https://x.example/1", title_problem=title.problem)

    assert (title.text, bool(title.problem)) == ("Finding V1", True)
    assert text.text.startswith("<p>The link&#x27;s template of the title could not be used (")
    assert text.text.count("could not be used") == 2
    assert "<h3>What</h3>" in text.text


def test_the_sample_has_the_names_that_a_snapshot_has() -> None:
    """What is checked when a link is saved is what is there when a ticket is made."""
    values = content.template_values(
        [vulnerability(location={"path": "a"})], standard="", ticket_url="https://x.example/1"
    )

    assert set(values) == set(sample())
    for name in ("asset", "location"):
        assert set(values[name]) == set(sample()[name])
    assert set(values["members"][0]) == set(sample()["members"][0])


evil = st.text(max_size=80) | st.lists(
    st.sampled_from(
        ["<script>", "](javascript:x)", "![", "{{ 7*7 }}", "{%", "`", "|", "\n", "#", "[x", "<", "&#60;", "*"]
    )
).map("".join)


@pytest.mark.parametrize("shape", [HTML, MARKDOWN])
@given(text=evil)
def test_no_value_becomes_part_of_a_template_or_a_tag(shape: Format, text: str) -> None:
    values = {**FULL, "title": text, "description": text, "url": text}
    shown = rendered("<p>{{ title }}</p>{{ description|markdown }}{{ url|link(title) }}", shape, values)

    if shape is MARKDOWN:  # as the most generous reader of Markdown would show it
        shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown)
    assert "<script" not in shown
    assert 'javascript:x"' not in shown
    assert ("49" in shown) == ("49" in text)
