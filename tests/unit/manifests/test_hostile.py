"""Templates that try to reach out, to grow, or to say what a template may not say."""

from __future__ import annotations

import pytest

from kube.manifests.limits import Limits
from kube.manifests.problems import InvalidTemplate, Reason
from kube.manifests.templates import Template, render
from kube.manifests.variables import Variable

GROWING = (
    "{%% set ns = namespace(x=%s) %%}{%% for i in range(60) %%}{%% set ns.x = %s %%}{%% endfor %%}"
)

REACHING = [
    "{{ text.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ items.__getitem__(0) }}",
    "{{ true.__class__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ range.__self__ }}",
    "{{ (items | map('upper')).gi_frame }}",
    "{{ text.format }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ 'a'.ljust(10 ** 9) }}",
    "{{ text.encode() }}",
    "{{ items.append(1) }}",
    "{{ map.update(a=2) }}",
    "{{ map.pop('a') }}",
]
UNSAID: list[tuple[str, Reason]] = [
    ("{{ namespace.__init__ }}", "undefined"),
    ("{{ namespace().__init__ }}", "undefined"),
    ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "unsafe"),
    ("{% include 'x' %}", "unsafe"),
    ("{% import 'x' as y %}", "unsafe"),
    ("{% from 'x' import y %}", "unsafe"),
    ("{% extends 'x' %}", "unsafe"),
    ("{% block a %}{% endblock %}", "unsafe"),
    ("{% filter upper %}a{% endfilter %}", "unsafe"),
    ("{% set a %}b{% endset %}", "unsafe"),
    ("{% call f() %}{% endcall %}", "unsafe"),
    ("{% autoescape true %}{% endautoescape %}", "unsafe"),
    ("{% for a in items recursive %}{{ loop(a) }}{% endfor %}", "unsafe"),
    ("{{ text | attr('__class__') }}", "unsafe"),
    ("{{ items | random }}", "unsafe"),
    ("{{ text | center(10 ** 9) }}", "unsafe"),
    ("{{ items | batch(10 ** 9, 1) }}", "unsafe"),
    ("{{ text | format }}", "unsafe"),
    ("{{ text is nothing_known }}", "unsafe"),
    ("{% do items.append(1) %}", "syntax"),
    ("{% break %}", "syntax"),
    ("{% unknown %}", "syntax"),
    ("{{ }}", "syntax"),
    ("{{ text", "syntax"),
    ("{% if %}", "syntax"),
    ("{# open", "syntax"),
    ("{% raw %}", "syntax"),
    ("{{ lipsum() }}", "undefined"),
    ("{{ config.items() }}", "undefined"),
    ("{{ self._TemplateReference__context }}", "unsafe"),
    ("{{ loop.index }}", "undefined"),
    ("{% set ns.x = 1 %}", "undefined"),
]
FAILING: list[tuple[str, Reason]] = [
    ("{{ items['__class__'] }}", "undefined"),
    ("{{ map.z }}", "undefined"),
    ("{{ items | map(attribute='__class__') | list }}", "undefined"),
    ("{{ items | sort(attribute='__class__.__mro__') }}", "undefined"),
    ("{{ items | selectattr('__class__') | first }}", "undefined"),
    ("{{ items | map('(slot)') | list }}", "expression"),
    ("{{ map['z'] }}", "undefined"),
    ("{{ map.z.y }}", "undefined"),
    ("{{ items[10] }}", "undefined"),
    ("{{ text.z | default(1) + map.z }}", "undefined"),
    ("{{ 1 if false }}", "undefined"),
    ("{{ [] | first }}", "undefined"),
    ("{{ map.z | int }}", "undefined"),
    ("{{ [map.z] | sum }}", "undefined"),
    ("{{ [map.z] | join }}", "undefined"),
    ("{{ range }}", "expression"),
    ("{{ self }}", "expression"),
    ("{{ namespace(a=1) }}", "expression"),
    ("{{ map.items }}", "expression"),
    ("{{ 'a' + 1 }}", "expression"),
    ("{{ text * 3 }}", "expression"),
    ("{{ '%1000000000d' % 1 }}", "expression"),
    ("{{ 1 / 0 }}", "expression"),
    ("{{ text | int }}", "expression"),
    ("{{ text | float }}", "expression"),
    ("{{ text | sum }}", "expression"),
    ("{{ text | b64decode }}", "expression"),
    ("{{ items | upper }}", "expression"),
    ("{{ [items, [none]] | join }}", "expression"),
    ("{{ '\\ud800' }}", "expression"),
    ("{{ text() }}", "expression"),
    ("{{ {1: 2} }}", "key"),
    ("{{ 99999999999999999999 }}", "number"),
    ("{{ 9223372036854775807 + 1 }}", "number"),
    ("{{ (2.0 ** 64) ** 64 }}", "unsafe"),
    ("{{ text | float(default=0) - 1e308 * 10 }}", "number"),
    ("{{ 10 ** 10 ** 10 }}", "number"),
    ("{{ 2 ** 65 }}", "unsafe"),
    ("{{ 1 | round(10 ** 9) }}", "unsafe"),
    ("{{ map | tojson(indent=10 ** 9) }}", "unsafe"),
    ("{{ text | indent(10 ** 9) }}", "unsafe"),
    ("{{ range(10 ** 9) | list }}", "unsafe"),
    ("{{ range(9223372036854775807) }}", "unsafe"),
    (
        "{% for a in range(1000) %}{% for b in range(1000) %}{{ b }}{% endfor %}{% endfor %}",
        "unsafe",
    ),
    (GROWING % ("[1]", "[ns.x, ns.x]"), "unsafe"),
    (GROWING % ("[1]", "(ns.x, ns.x)"), "unsafe"),
    (GROWING % ("[1]", "ns.x + ns.x"), "unsafe"),
    (GROWING % ("{}", "{'a': ns.x, 'b': ns.x}"), "unsafe"),
    (GROWING % ("{}", "dict(a=ns.x, b=ns.x)"), "unsafe"),
    (GROWING % ("2", "ns.x * ns.x"), "number"),
    (GROWING % ("'ab'", "ns.x ~ ns.x"), "size"),
    (GROWING % ("'ab'", "ns.x + ns.x"), "size"),
    (GROWING % ("'ab'", "[ns.x, ns.x] | join"), "size"),
    (GROWING % ("'ab'", "[ns.x, ns.x] | tojson"), "size"),
    (GROWING % ("'a'", "ns.x | replace('a', 'aaaaaaaa')"), "size"),
    (GROWING % ("'a\\nb'", "ns.x | indent(64) | replace(' ', '\\n')"), "size"),
]
DEEP = [
    "{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}",
    "{{ " + "[" * 1_000 + "1" + "]" * 1_000 + " }}",
    "{{ " + "+".join("1" * 5_000) + " }}",
    "{{ " + "not " * 3_000 + "1 }}",
    "{% if 1 %}" * 150 + "{% endif %}" * 150,
    "{% for i in items %}" * 30 + "{% endfor %}" * 30,
]
LIMITS = Limits(steps=20_000, text_bytes=1_000_000)
VARIABLES = (
    Variable(name="text", default="hunter2"),
    Variable(name="items", type="list", default=[1, 2]),
    Variable(name="map", type="map", default={"a": 1}),
)


def problem_of(hostile: str) -> tuple[Reason, int | None]:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n\ndata: {hostile}\n"
    with pytest.raises(InvalidTemplate) as caught:
        render(Template(name="t", version=1, text=text, variables=VARIABLES), {}, limits=LIMITS)
    error = caught.value
    assert "hunter2" not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    return error.problems[0].reason, error.line


@pytest.mark.parametrize("hostile", REACHING)
def test_a_template_reaches_nothing_but_data(hostile: str) -> None:
    assert problem_of(hostile) == ("unsafe", 5)


@pytest.mark.parametrize(("hostile", "reason"), UNSAID)
def test_a_template_may_not_say_it(hostile: str, reason: Reason) -> None:
    assert problem_of(hostile) == (reason, 5)


@pytest.mark.parametrize(("hostile", "reason"), FAILING)
def test_an_expression_that_fails_or_grows_ends_the_rendering(hostile: str, reason: Reason) -> None:
    assert problem_of(hostile) == (reason, 5)


@pytest.mark.parametrize("hostile", DEEP, ids=range(len(DEEP)))
def test_deep_nesting_is_refused(hostile: str) -> None:
    assert problem_of(hostile)[0] == "depth"


def test_a_template_has_a_size() -> None:
    assert problem_of("#" * 1_000_001) == ("size", None)


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    assert problem_of("{{ " + "9" * 5_000 + " }}")[0] == "expression"
