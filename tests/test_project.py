import re
import tomllib

import yaml

from tests.serving import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()


def test_conda_and_pip_ask_for_the_same_dependencies():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    project = PYPROJECT["project"]
    wanted = [f"python{project['requires-python']}", *project["dependencies"]]
    assert sorted(item for item in conda if item != "pip" and isinstance(item, str)) == sorted(
        wanted
    )


def test_the_readme_gives_both_commands():
    assert "python -m pip install -e . && panel serve dashboard/app.py --show" in README
    assert 'python -m pip install -e ".[test]" && python -m pytest' in README


def test_the_pictures_of_the_readme_exist():
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_the_examples_of_the_readme_run_one_after_the_other(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = {}
    for example in re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL):
        assert len(example.strip().splitlines()) <= 12
        exec(example, names)
    assert capsys.readouterr().out.strip()
    assert {path.name for path in tmp_path.iterdir()} == {"run.npz", "run.html"}


def test_the_changelog_names_the_version():
    from gridworld import __version__

    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()
