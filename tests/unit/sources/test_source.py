"""One parameter for all ways that manifests come; exactly one of them counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from kube.manifests.problems import Invalid, InvalidManifest, InvalidSource
from kube.sources.bundle import ManifestFile, bundle_of
from kube.sources.checkout import read_checkout
from kube.sources.source import ManifestSource

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"


def test_a_plain_text_is_the_text() -> None:
    source = ManifestSource.model_validate("a: 1")
    assert (source.kind, source.text) == ("text", "a: 1")
    assert "a: 1" not in repr(source)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "given: none"),
        ({"text": "", "path": ""}, "given: none"),
        ({"text": "a: 1", "path": "b"}, "given: text and path"),
        ({"text": "a: 1", "variables": {"a": 1}}, "Only a template has"),
        ({"path": "a", "version": 2}, "Only a template has"),
        ({"path": "a", "sha256": "0"}, "Only an address"),
    ],
)
def test_none_several_or_what_does_not_go_together_is_refused(
    given: dict[str, object], told: str
) -> None:
    with pytest.raises(InvalidSource, match=told):
        _ = ManifestSource.model_validate(given).kind


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "apps" / "more").mkdir(parents=True)
    (root / "apps" / ".hidden").mkdir()
    (root / "apps" / "b.yaml").write_text(CONFIG % "b")
    (root / "apps" / "a.json").write_text('{"apiVersion": "v1"}')
    (root / "apps" / "more" / "c.yml").write_text(CONFIG % "c")
    (root / "apps" / ".hidden" / "d.yaml").write_text("x")
    (root / "apps" / ".e.yaml").write_text("x")
    (root / "apps" / "notes.txt").write_text("x")
    (tmp_path / "outside.yaml").write_text("secret: 1")
    return root


def test_a_folder_is_read_whole_and_sorted_without_what_is_hidden(checkout: Path) -> None:
    names = [file.name for file in read_checkout(checkout, "apps", 10_000)]
    assert names == ["apps/a.json", "apps/b.yaml", "apps/more/c.yml"]
    (one,) = read_checkout(checkout, "apps/more/c.yml", 10_000)
    assert one.text == CONFIG % "c"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("../outside.yaml", "leads out"),
        ("apps/../../outside.yaml", "leads out"),
        ("/etc/passwd", "leads out"),
        ("linked.yaml", "leads out"),
        ("linked", "leads out"),
        ("apps/.hidden/d.yaml", "is hidden"),
        ("nowhere", "no manifest"),
        ("apps/notes", "no manifest"),
    ],
)
def test_a_path_stays_in_the_checkout(checkout: Path, path: str, told: str) -> None:
    (checkout / "linked.yaml").symlink_to(checkout.parent / "outside.yaml")
    (checkout / "linked").symlink_to(checkout.parent)
    with pytest.raises(InvalidSource, match=told) as caught:
        read_checkout(checkout, path, 10_000)
    assert "secret" not in str(caught.value)


def test_a_link_in_a_folder_that_leads_out_is_refused(checkout: Path) -> None:
    (checkout / "apps" / "linked.yaml").symlink_to(checkout.parent / "outside.yaml")
    with pytest.raises(InvalidSource, match=r"apps/linked.yaml leads out"):
        read_checkout(checkout, "apps", 10_000)


def test_what_is_too_large_or_no_unicode_is_refused(checkout: Path) -> None:
    with pytest.raises(InvalidSource, match="more than 10 bytes"):
        read_checkout(checkout, "apps", 10)
    (checkout / "apps" / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSource, match=r"apps/b.yaml is not valid Unicode"):
        read_checkout(checkout, "apps", 10_000)


def test_problems_name_their_file() -> None:
    files = [
        ManifestFile(name="a.yaml", text=CONFIG % "a"),
        ManifestFile(name="b.yaml", text="\n" + CONFIG % "a"),
    ]
    with pytest.raises(InvalidManifest, match=r"document 1 \(line 1\) of a.yaml") as caught:
        bundle_of(files, "path", "apps")
    assert str(caught.value).startswith("b.yaml, document 1, line 2: ")
    with pytest.raises(InvalidManifest, match=r"c.yaml, document 1, line 1, column 4"):
        bundle_of([*files, ManifestFile(name="c.yaml", text="a: @")], "path", "apps")


def test_an_object_says_which_file_it_is_of() -> None:
    found = bundle_of([ManifestFile(name="a.yaml", text=CONFIG % "a")], "path", "apps")
    assert [one.origin for one in found.documents] == ["a.yaml, document 1, line 1"]
    assert found.source.digest.startswith("sha256:")


def test_a_source_without_objects_is_refused() -> None:
    with pytest.raises(Invalid, match="no object in the text"):
        bundle_of([ManifestFile(text="# nothing\n---\n")], "text", "")
