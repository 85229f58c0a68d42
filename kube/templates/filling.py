"""A template with values: the objects, and every spelling of its secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from kube.manifests.problems import InvalidSource
from kube.manifests.templates import Rendered, render
from kube.plans.masking import MASK
from kube.plans.plan import PlanSource
from kube.sources.bundle import Bundle
from kube.templates.stored import StoredTemplate


def rendering(
    stored: StoredTemplate, values: Mapping[str, JsonValue], secrets: Mapping[str, Any]
) -> Rendered:
    """Fill in a template; of the secrets those count that it declares and that are not given plain.

    Raises:
        Invalid: See `kube.manifests.templates.render`.
    """
    return render(stored.template, values, secrets_for(stored, values, secrets))


def secrets_for(
    stored: StoredTemplate, values: Mapping[str, JsonValue], secrets: Mapping[str, Any]
) -> dict[str, Any]:
    """Return those of a block's values that a template asks for: a block may serve several."""
    declared = {variable.name: variable for variable in stored.template.variables}
    return {
        name: value
        for name, value in secrets.items()
        if name in declared and (declared[name].secret or name not in values)
    }


def filled_bundle(
    stored: StoredTemplate, values: Mapping[str, JsonValue], secrets: Mapping[str, Any]
) -> Bundle:
    """Return the objects of a template, ready to be planned.

    Args:
        stored: The version.
        values: Of the variables that may be shown.
        secrets: Values from a block.

    Raises:
        Invalid: See `kube.manifests.templates.render`; or there is no object in it.
    """
    used = secrets_for(stored, values, secrets)
    rendered = render(stored.template, values, used)
    template = stored.template
    if not rendered.documents:
        raise InvalidSource.because(f"There is no object in the template {template.name}.")
    secret = {each.name for each in template.variables if each.secret} | used.keys()
    shown = {each.name: values.get(each.name, each.default) for each in template.variables}
    unused = ", ".join(rendered.unused)
    return Bundle(
        documents=rendered.documents,
        source=PlanSource(
            kind="template",
            name=template.name,
            version=template.version,
            variables={name: MASK if name in secret else value for name, value in shown.items()},
            digest=rendered.text_digest,
        ),
        secret_texts=tuple(sorted(_secret_texts(rendered, used.values()))),
        warnings=(f"the template does not ask for: {unused}",) if unused else (),
    )


def _secret_texts(rendered: Rendered, secrets: Iterable[Any]) -> set[str]:
    """Return the values of secrets, and of the fields that hold one in whatever form."""
    texts = {text for value in secrets for text in _texts(value)}
    for field in rendered.secret_fields:
        value: Any = rendered.documents[field.document].object
        for step in field.path:
            value = value[step]
        texts |= set(_texts(value))
    return {text for text in texts if text}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield value if isinstance(value, str) else json.dumps(value)
