"""The workflows: valid, pinned, and calling what is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from press.contents import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
SCRIPTS = [*WORKFLOWS, ROOT / ".ci" / "run"]

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def jobs(path: Path) -> list[dict]:
    return list(yaml.safe_load(path.read_text())["jobs"].values())


def check(path: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.github-workflows", path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_these_are_the_workflows():
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "links.yml", "publish.yml"]


@every_workflow
def test_a_workflow_obeys_the_schema(path):
    done = check(path)
    assert done.returncode == 0, done.stdout


def test_the_schema_bites(tmp_path):
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    (tmp_path / "ci.yml").write_text(text.replace("runs-on", "run-on"))
    assert check(tmp_path / "ci.yml").returncode == 1


@every_workflow
def test_actions_are_pinned_and_jobs_end(path):
    for job in jobs(path):
        if "steps" not in job:  # it calls a workflow, whose jobs end
            continue
        assert job["timeout-minutes"] <= 120
        for step in job["steps"]:
            assert re.search(r"@(v\d+|[0-9a-f]{40})$", step.get("uses", "@v1")), step


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_what_is_made_is_a_target(path):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    lines = re.findall(
        r"^(?:\s*- run:|\s*run:)?\s*make ([a-z -]+)$", path.read_text(), re.MULTILINE
    )
    made = {name for line in lines for name in line.split()}
    assert made <= targets


def test_the_book_is_published_after_the_tests_alone():
    """What is published comes of the job that has run every test, and no test runs twice."""
    _, test, colab, deploy = jobs(WORKFLOWS[2])
    assert test["uses"] == "./.github/workflows/ci.yml"
    assert set(test["with"]) == {"base_url"}
    assert colab["needs"] == deploy["needs"] == ["address", "test"]
    _, everything = jobs(WORKFLOWS[0])
    commands = [step.get("run", step.get("uses")) for step in everything["steps"]]
    tests = commands.index("bash .ci/run")
    assert tests < next(i for i, text in enumerate(commands) if "upload-pages-artifact" in text)
    assert "main" in yaml.safe_load(WORKFLOWS[0].read_text())[True]["push"]["branches-ignore"]


def test_every_python_runs_the_library_and_one_runs_everything():
    library, everything = jobs(WORKFLOWS[0])
    assert len(library["strategy"]["matrix"]["python"]) == 3
    assert library["steps"][-1]["run"] == "make test-library test-notebooks"
    assert "strategy" not in everything


@every_workflow
def test_what_is_installed_is_cached(path):
    for job in jobs(path):
        for step in job.get("steps", ()):
            if step.get("uses", "").startswith("actions/setup-python"):
                assert step["with"]["cache"] == "pip"
