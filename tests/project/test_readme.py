"""The README's table of concepts is complete, and what it names exists."""

import re
import subprocess

from press.contents import ROOT

import softmax_lib


def rows() -> list[list[str]]:
    text = (ROOT / "README.md").read_text()
    table = text[text.index("| concept |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_table_names_every_public_function_once():
    named = [name for row in rows() for name in re.findall(r"`(\w+)`", row[1])]
    assert sorted(named) == sorted(softmax_lib.__all__)


def test_each_row_names_the_functions_own_module_and_a_chapter_that_exists():
    for _, functions, module, chapter in rows():
        for name in re.findall(r"`(\w+)`", functions):
            owner = getattr(softmax_lib, name).__module__.removeprefix("softmax_lib.")
            assert f"`{owner}`" == module, name
        path = re.search(r"\]\((\S+)\)", chapter)[1]
        assert (ROOT / path).exists()


def test_the_readme_shows_a_picture_that_exists_and_the_two_commands():
    first_screen = (ROOT / "README.md").read_text()[:2500]
    picture = re.search(r"!\[(.+)\]\((\S+)\)", first_screen)
    assert len(picture[1]) > 40
    assert (ROOT / picture[2]).exists()
    assert "make book" in first_screen
    assert "make test" in first_screen


def test_no_file_names_a_registry_host_or_a_path_of_one_machine():
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org"]
    names = [*hosts, "download.pytorch" + ".org", str(ROOT) + "/"]
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert listed
    for file in listed:
        text = (ROOT / file).read_bytes().decode(errors="ignore")
        assert not [name for name in names if name in text], file
