from __future__ import annotations

import textwrap
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kube.manifests.limits import Limits
from kube.manifests.problems import InvalidManifest, InvalidTemplate, InvalidVariables
from kube.manifests.templates import Rendered, Template, check_template, extract_variables, render
from kube.manifests.variables import Variable, VariableType

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
TYPES: dict[type, VariableType] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "list",
    dict: "map",
}
STRUCTURE = [
    "",
    " ",
    "\n",
    "a: b\n- x",
    "x\n---\nkind: Secret\n",
    '"}}, evil: {{ 1 }}',
    "' \" # comment",
    "{{ v }}{% raw %}",
    "*alias &anchor !tag %d @ `",
    "|\n  block",
    "null",
    "true",
    "0644",
    "8080",
    "\u2028\x85\x00\x07",
    "\\n\\x41\\",
    "zdeadbeefdeadbeefv0z",
]


def filled(text: str, **values: Any) -> Rendered:
    """Render a text whose variables are exactly the values."""
    declared = tuple(Variable(name=name, type=TYPES[type(each)]) for name, each in values.items())
    return render(Template(name="t", version=1, text=text, variables=declared), values)


def data_of(data: str, **values: Any) -> Any:
    """What the template `data` becomes as the data of a ConfigMap."""
    (document,) = filled(HEAD + "data:\n" + textwrap.indent(data, "  "), **values).documents
    assert document.object.keys() == {"apiVersion", "kind", "metadata", "data"}
    return document.object["data"]


TEXTS = st.text() | st.sampled_from(STRUCTURE) | st.lists(st.sampled_from(STRUCTURE)).map("".join)


@given(TEXTS)
def test_a_value_comes_back_exactly_wherever_it_stands(value: str) -> None:
    data = """\
        flow: {key: {{ v }}, other: 1}
        plain: {{ v }}
        double: "{{ v }}"
        single: '{{ v }}'
        middle: pre-{{ v }}-post
        twice: {{ v }}{{ v }}
        block: |
          before {{ v }}
          {{ v }}
        stripped: |-
          {{ v }}
        folded: >-
          {{ v }}
        items: ["{{ v }}", {{ v }}]
        # {{ v }}
        last: 1
        """
    assert data_of(textwrap.dedent(data), v=value) == {
        "flow": {"key": value, "other": 1},
        "plain": value,
        "double": value,
        "single": value,
        "middle": f"pre-{value}-post",
        "twice": value + value,
        "block": f"before {value}\n{value}\n",
        "stripped": value,
        "folded": value,
        "items": [value, value],
        "last": 1,
    }


@given(TEXTS.filter(lambda value: value not in ("", "x")))
@example("a: b\n- x")
def test_a_value_may_be_a_key(value: str) -> None:
    data = '{{ v }}: 1\n"k-{{ v }}": 2\nx: {{ v }}\n'
    assert data_of(data, v=value) == {value: 1, f"k-{value}": 2, "x": value}


@given(st.lists(TEXTS, max_size=4))
def test_a_loop_over_values_makes_one_item_each(values: list[str]) -> None:
    data = "{% for each in vs %}\n- {{ each }}\n{% endfor %}\n- last\n"
    assert data_of(data, vs=values) == [*values, "last"]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("{{ v }}", 8080, 8080),
        ("{{ v }}", "8080", "8080"),
        ('"{{ v }}"', 8080, "8080"),
        ("!!str {{ v }}", 8080, "8080"),
        ("!!int '{{ v }}'", 8080, 8080),
        ("{{ v }}", "yes", "yes"),
        ("{{ v }}", True, True),
        ("x{{ v }}", True, "xtrue"),
        ("{{ v }}", 1.5, 1.5),
        ("{{ v }}", 2.0, 2),
        ("{{ v }}Mi", 64, "64Mi"),
        ("{{ v }}{{ v }}", 8, "88"),
        ("{{ v }}", [1, {"a": "b"}], [1, {"a": "b"}]),
        ("{{ v }}", {"a": {"b": 1.0}}, {"a": {"b": 1}}),
        ("{{ v | tojson }}", {"a": "b"}, {"a": "b"}),
        ("'{{ v | tojson }}'", {"a": 'é"'}, '{"a": "é\\""}'),
        ("{{ v | string }}", 8080, "8080"),
        ("{{ v | int }}", "8080", 8080),
        ("{{ v | float }}", "1.5", 1.5),
        ("{{ v | int(default=3) }}", "x", 3),
        ("{{ v | round }}", 1.6, 2),
        ("{{ v + 1 }}", 1, 2),
        ("{{ v / 2 }}", 4, 2),
        ("{{ v ~ '-' ~ v }}", "a", "a-a"),
        ("{{ v + 'b' }}", "a", "ab"),
        ("{{ v | upper }}", "a", "A"),
        ("{{ v.upper() }}", "a", "A"),
        ("{{ v | replace('a', 'b') }}", "aa", "bb"),
        ("{{ v | b64encode }}", "é", "w6k="),
        ("{{ v | b64decode }}", "w6k=", "é"),
        ("{{ (v | sha256)[:8] }}", "a", "ca978112"),
        ("{{ v | join(',') }}", ["a", 1], "a,1"),
        ("{{ v | map('upper') }}", ["a"], ["A"]),
        ("{{ v | map(attribute='x') }}", [{"x": 1}], [1]),
        ("{{ v | selectattr('x', '>', 1) }}", [{"x": 1}, {"x": 2}], [{"x": 2}]),
        ("{{ v | sort | first }}", [2, 1], 1),
        ("{{ v | sum }}", [2, 1], 3),
        ("{{ v | length }}", "abc", 3),
        ("{{ v.split(',') }}", "a,b", ["a", "b"]),
        ("{{ v | split(',') }}", "a,b", ["a", "b"]),
        ("{{ v.items() }}", {"a": 1}, [["a", 1]]),
        ("{{ v.get('z') }}", {"a": 1}, None),
        ("{{ v.a }}", {"a": 1}, 1),
        ("{{ v['a'] }}", {"a": 1}, 1),
        ("{{ v.z | default('d') }}", {"a": 1}, "d"),
        ("{{ v[0] }}", ["a"], "a"),
        ("{{ v if v is string else 'no' }}", "a", "a"),
        ("{{ [v, v] }}", "a", ["a", "a"]),
        ("{{ {'k': v} }}", "a", {"k": "a"}),
        ("{% set x = v ~ '!' %}{{ x }}", "a", "a!"),
        ("{% with x = v %}{{ x }}{% endwith %}", "a", "a"),
        ("{% for i in range(v) %}{{ i }}{% endfor %}", 3, "012"),
        ("{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}", 1, "ab"),
        ("{% set n = namespace(x=0) %}{% for i in v %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}",
         [1, 2], 3),
        ("{% for i in v %}{{ loop.index }}/{{ loop.length }} {% endfor %}", ["a", "b"], "1/2 2/2"),
    ],
)  # fmt: skip
def test_an_expression_becomes_data(text: str, value: Any, expected: Any) -> None:
    found = data_of(f"k: {text}\nv: {{{{ v }}}}\n", v=value)["k"]
    assert (type(found), found) == (type(expected), expected)


def test_an_indented_text_keeps_its_shape_in_nested_blocks() -> None:
    data = """\
        shallow: |
          {{ v | indent(4) }}
        deep: |
          a:
            b: |
              {{ v | indent(8) }}
        quoted: "{{ v | indent(2) }}"
        """
    assert data_of(textwrap.dedent(data), v="one\n\ntwo") == {
        "shallow": "one\n\ntwo\n",
        "deep": "a:\n  b: |\n    one\n\n    two\n",
        "quoted": "one\n\n  two",
    }


def test_lines_of_tags_leave_no_empty_lines_and_others_keep_theirs() -> None:
    data = """\
        block: |
          one
          {% if v %}
          two{% if v %} and a half{% endif %}

          {# a remark #}
          {% endif %}
          three
        """
    assert data_of(textwrap.dedent(data), v=True) == {"block": "one\ntwo and a half\n\nthree\n"}


def test_raw_text_is_left_alone() -> None:
    data = "k: |\n  {% raw %}\n  {% if x %}\n  {{ y }}\n  {% endraw %}\n"
    assert data_of(data, v="a") == {"k": "{% if x %}\n{{ y }}\n"}


def test_loops_make_documents_that_know_their_line() -> None:
    text = "{% for i in range(n) %}\n---\n" + HEAD.replace("a}", "a-{{ i }}}") + "{% endfor %}\n"
    documents = filled(text, n=3).documents
    assert [document.ref.name for document in documents] == ["a-0", "a-1", "a-2"]
    assert [(document.index, document.line) for document in documents] == [(1, 3), (2, 3), (3, 3)]


def test_values_of_two_places_share_nothing() -> None:
    data = data_of("a: {{ v }}\nb: &b {{ v }}\nc: *b\n", v={"x": []})
    data["a"]["x"].append(1)
    data["b"]["x"].append(2)
    assert data["c"] == {"x": []}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + "x: {a: {{ v }}, a: 2}\n", 4),
        ("{% set y = v %}\n{% if v %}\n{# x #}\n{% endif %}\n" + HEAD + "x: [\n", 8),
        ("{% for i in [1, 2, 3] %}\n---\n" + HEAD + "{% endfor %}\n", 3),
        (HEAD + "\n\n\n{{ v }}: 1\nx: .nan\n", 8),
        (HEAD.replace("name: a", "name: 'a {{ v }}'"), 1),
        ("{%- if v %}\n\n{%- endif -%}\n\n\n" + HEAD + "k: *x", 9),
    ],
)
def test_a_bad_rendering_is_told_with_the_line_of_the_template(text: str, line: int) -> None:
    with pytest.raises(InvalidManifest) as caught:
        filled(text, v="k")
    assert (caught.value.line, caught.value.column) == (line, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k: x{{ v }}", [1]),
        ("k: x{{ v }}", {"a": 1}),
        ("k: '{{ v }}'", [1]),
        ("{{ v }}: 1", 8080),
        ("{{ v }}: 1", [1]),
        ("k: !!int {{ v }}", "x"),
        ("k: !{{ v }} x", "str"),
        ("k: *{{ v }}", "x"),
        ("<<: {{ v }}", {"a": 1}),
    ],
)
def test_a_value_where_it_has_no_place_is_refused(text: str, value: Any) -> None:
    with pytest.raises(InvalidManifest) as caught:
        data_of(f"{text}\n", v=value)
    assert caught.value.line == 5


def test_an_alias_cannot_multiply_a_value() -> None:
    data = "a: &a {{ v }}\nb: [" + "*a, " * 100 + "]\n"
    declared = (Variable(name="v"),)
    template = Template(name="t", version=1, text=HEAD + data, variables=declared)
    with pytest.raises(InvalidManifest) as caught:
        render(template, {"v": "x" * 1_000}, limits=Limits(text_bytes=20_000))
    assert caught.value.problems[0].reason == "size"


def test_variables_are_found_and_compared_with_the_declarations() -> None:
    text = (
        "{% set c = b %}{% for d in e %}{{ a.x[b] | default(f) }}{{ d }}{{ range(1) }}{% endfor %}"
    )
    assert extract_variables(text) == ("a", "b", "e", "f")
    variables = tuple(Variable(name=name, required=False) for name in "abefgh")
    template = Template(name="t", version=1, text=text, variables=variables)
    assert check_template(template) == ("g", "h")
    assert filled(HEAD + "k: {{ a }}", a=1, b=2).unused == ("b",)


def test_a_variable_may_be_called_namespace_and_the_function_of_that_name_still_serves() -> None:
    text = HEAD + 'data: {place: "{{ namespace }}"}\n'
    assert extract_variables(text) == ("namespace",)
    (document,) = filled(text, namespace="shop").documents
    assert document.object["data"] == {"place": "shop"}
    function = "{% set seen = namespace(of=1) %}" + HEAD + 'data: {of: "{{ seen.of }}"}\n'
    assert extract_variables(function) == ()


def test_what_is_not_declared_is_told_with_its_line() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        check_template(Template(name="t", version=1, text="a\n{{ b }}\n{{ c }}{{ b }}\n"))
    assert [(each.reason, each.line) for each in caught.value.problems] == [
        ("undefined", 2),
        ("undefined", 3),
    ]
    assert "The variable b is not declared" in str(caught.value)


def test_an_optional_variable_is_undefined_until_it_is_given() -> None:
    variables = (Variable(name="v", required=False),)
    asked = Template(
        name="t", version=1, text=HEAD + "k: {{ v if v is defined else 'no' }}", variables=variables
    )
    assert render(asked, {}).documents[0].object["k"] == "no"
    used = Template(name="t", version=1, text=HEAD + "\nk: {{ v }}", variables=variables)
    with pytest.raises(InvalidTemplate, match="'v' is undefined") as caught:
        render(used, {})
    assert (caught.value.problems[0].reason, caught.value.line) == ("undefined", 5)


def test_values_are_checked_before_anything_is_rendered() -> None:
    with pytest.raises(InvalidVariables):
        render(Template(name="t", version=1, text="[", variables=(Variable(name="v"),)), {})


def test_the_digests_name_a_template_and_a_rendering() -> None:
    template = Template(
        name="t", version=1, text=HEAD + "k: {{ v }}", variables=(Variable(name="v"),)
    )
    same = Template(**{**template.model_dump(), "name": "u", "version": 2})
    other = Template(**{**template.model_dump(), "text": HEAD + "k:  {{ v }}"})
    assert template.digest == same.digest != other.digest
    assert render(template, {"v": "x"}).text_digest == render(other, {"v": "x"}).text_digest
    assert render(template, {"v": "x"}).text_digest != render(template, {"v": "y"}).text_digest


def test_a_variable_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice: v"):
        Template(name="t", version=1, text="", variables=(Variable(name="v"), Variable(name="v")))


def test_a_template_without_objects_renders_to_nothing() -> None:
    assert filled("{% if v %}x{% endif %}\n", v=False).documents == ()
