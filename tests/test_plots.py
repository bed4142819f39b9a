"""`dvc plots` draws every plot of dvc.yaml in a browser that has no way out."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from browser import browsed
from churnkit import figures, judgement, profit
from churnkit.retention.choices import Economics

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / ".dvc" / "plots"
PLOTS = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["plots"]
TABLES = {path: how for plot in PLOTS if isinstance(plot, dict) for path, how in plot.items()}
LIBRARY = re.compile(r'<script data-library="([^"]+)">(.*?)</script>', re.DOTALL)


class Outline(HTMLParser):
    """Where a page points to, its pictures, and its charts: for each the classes of the groups that hold its marks."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: dict[str, str] = {}
        self.charts: list[list[str]] = []
        self.axes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [found[name] for name in ("src", "href", "action", "data", "srcset", "xlink:href") if found.get(name)]
        if tag == "img":
            self.pictures[found["src"]] = found.get("data-width", "")
        self.axes += [found["aria-label"]] if found.get("aria-roledescription") == "axis" else []
        if tag == "svg" and "marks" in (found.get("class") or ""):
            self.charts.append([])
        if tag == "path" and self.charts:
            self.charts[-1].append(found.get("aria-roledescription") or "")


def invented_tables(seed: int) -> dict[str, pd.DataFrame]:
    """The plot tables of an invented judgement, audit and backtest."""
    rng = np.random.default_rng(seed)
    churned = rng.random(2000) < 0.1
    scores = {name: np.clip(0.1 + 0.05 * (4 - n) * churned + rng.normal(0, 0.05, 2000), 0, 1) for n, name in enumerate(judgement.SCORES)}
    scored = pd.DataFrame({"stratum": "open", "churned": churned, **scores})
    shares = pd.Series(rng.dirichlet(np.full(60, 0.3)), index=[f"feature_{n}" for n in range(60)])
    alone = pd.DataFrame({"feature": shares.index, "auc": np.sort(rng.uniform(0.5, 0.9, 60))[::-1]})
    worth = profit.list_worth(scores["model"], churned, rng.gamma(4, 1500, 2000), Economics())
    ages = pd.DataFrame([{"stratum": stratum, "part": part, "age_months": age, "lift_at_capacity": rng.uniform(2, 9)}
                         for stratum in ("open", "one_way_stop") for part in ("all", "exit: left") for age in range(4)])
    return judgement.plots(scored, SimpleNamespace(importance=lambda: shares)) | {
        "profit": judgement.profit_plot(worth), "features": alone, "ages": ages}


def write_reports(project: Path, seed: int) -> dict[str, pd.DataFrame]:
    """The tables and a picture each where `evaluate` and `audit` leave them."""
    tables = invented_tables(seed)
    for path in TABLES:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        tables[Path(path).stem].round(6).to_csv(project / path, index=False, lineterminator="\n")
    figures.draw_audit(project / "reports" / "audit" / "audit.png", [("a ⚠", 0.7, False)], 0.9, ["2026-06-01"], {"a ⚠": [0.1]})
    figures.draw_importance(project / "reports" / "figures" / "importance.png", ["a", "b"], np.array([0.7, 0.3]))
    return tables


def run(project: Path, *words: str) -> str:
    """What a command prints."""
    quiet = {f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")} | {"DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(words, cwd=project, env=os.environ | quiet, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def project(tmp_path):
    """A DVC project with the templates and plots of this one, in git, and one commit behind its reports."""
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, sys.executable, "-m", "dvc", "init", "-q")
    shutil.copytree(TEMPLATES, tmp_path / ".dvc" / "plots")
    shutil.copy(ROOT / ".dvc" / "config", tmp_path / ".dvc" / "config")
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"plots": PLOTS}), "utf-8")
    write_reports(tmp_path, 1)
    run(tmp_path, "git", "add", ".")
    run(tmp_path, "git", "commit", "-q", "-m", "before")
    write_reports(tmp_path, 2)
    return tmp_path


def opened(project: Path) -> tuple[Outline, list[str]]:
    """What `dvc plots` wrote, opened far from where it was written, and the addresses on other machines that it asked for."""
    elsewhere = project / "elsewhere" / "mailed"
    shutil.copytree(project / "dvc_plots", elsewhere)
    page = elsewhere / "index.html"
    report = "addEventListener('load', () => document.querySelectorAll('img').forEach(i => i.setAttribute('data-width', i.naturalWidth)))"
    before, _, after = page.read_text("utf-8").rpartition("</body>")
    page.write_text(f"{before}<script>{report}</script></body>{after}", "utf-8")
    drawn, left = browsed(project, page.as_uri())
    return Outline(drawn), left


def marks(chart: list[str], kind: str) -> int:
    """How many marks of a kind a chart has."""
    return sum(description == kind for description in chart)


def test_the_page_holds_the_libraries_that_its_readme_names_unaltered():
    page = (TEMPLATES / "page.html").read_text("utf-8")
    held = {name: hashlib.sha256(code.encode()).hexdigest() for name, code in LIBRARY.findall(page)}
    named = dict(re.findall(r"^\| (\S+@\S+) \| `([0-9a-f]{64})` \|", (TEMPLATES / "README.md").read_text("utf-8"), re.MULTILINE))
    assert held == named
    assert list(held) == ["vega@5.20.2", "vega-lite@5.2.0", "vega-embed@6.18.2"]


def test_the_page_forbids_every_address_and_links_none():
    page = LIBRARY.sub("", (TEMPLATES / "page.html").read_text("utf-8"))
    assert "://" not in page
    assert "default-src 'none'" in page
    assert "{scripts}" not in page


def test_every_plot_reads_a_table_that_a_stage_writes_by_columns_it_has():
    tables = invented_tables(1)
    assert {Path(path).stem for path in TABLES} == set(tables)
    for path, how in TABLES.items():
        assert {how["x"], how["y"]} <= set(tables[Path(path).stem].columns), path
        assert (TEMPLATES / f"{how['template']}.json").is_file(), path


def test_the_colours_are_those_of_the_drawn_figures():
    scales = {path.stem: json.loads(path.read_text("utf-8"))["encoding"]["color"]["scale"] for path in TEMPLATES.glob("*.json")}
    profits = scales.pop("churnkit_profit")
    assert {name: scale["range"] for name, scale in scales.items()} == {name: [figures.MODEL, *figures.OTHERS] for name in scales}
    assert dict(zip(profits["domain"], profits["range"], strict=True)) == {"as it came": figures.MODEL, "expected": figures.OTHERS[0]}
    assert set(profits["domain"]) == set(invented_tables(1)["profit"]["score"])


@pytest.mark.browser
def test_a_page_that_asks_another_machine_is_found_out(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<img src="http://pictures.invalid/a.png"><script>fetch("https://code.invalid/b")</script>', "utf-8")
    assert browsed(tmp_path, page.as_uri())[1] == ["http://pictures.invalid/a.png", "https://code.invalid/b"]


@pytest.mark.browser
def test_plots_show_draws_every_plot_and_asks_no_other_machine(project):
    run(project, sys.executable, "-m", "dvc", "plots", "show")
    page, left = opened(project)
    lines = [marks(chart, "line mark") for chart in page.charts]
    bars = [marks(chart, "bar") for chart in page.charts]
    assert len(page.charts) == len(TABLES)
    assert (sorted(lines), sorted(bars)) == ([0, 0, 1, 1, 1, 2, 2, 4, 4], [0] * 7 + [25, 25])
    assert [int(width) > 100 for width in page.pictures.values()] == [True, True]
    called = [axis for axis in page.axes if axis.startswith("X-axis titled 'customers called'")]
    assert sorted(axis.partition("values ")[2] for axis in called) == ["from 0 to 2,000", "from 0% to 100%", "from 0% to 100%"]
    assert left == []
    assert [link for link in page.links if "://" in link] == []


@pytest.mark.browser
def test_without_a_backtest_the_other_plots_are_drawn(project):
    (project / "reports" / "backtest" / "ages.csv").unlink()
    run(project, sys.executable, "-m", "dvc", "plots", "show")
    page, left = opened(project)
    assert sorted(marks(chart, "line mark") for chart in page.charts) == [0, 0, 0, 1, 1, 1, 2, 4, 4], "its chart is empty"
    assert left == []


@pytest.mark.browser
def test_plots_diff_draws_both_revisions(project):
    run(project, sys.executable, "-m", "dvc", "plots", "diff", "HEAD")
    page, left = opened(project)
    assert sorted(marks(chart, "line mark") for chart in page.charts) == [0, 0, 2, 2, 2, 4, 4, 8, 8]
    assert [25 < marks(chart, "bar") <= 50 for chart in page.charts].count(True) == 2
    assert [int(width) > 100 for width in page.pictures.values()] == [True] * 4
    assert left == []
