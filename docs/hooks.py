"""What the site has beside the pages in this folder: the committed pages of the benchmarks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"


def on_files(files: Files, config: Any) -> Files:
    """Add every page of a benchmark, and a list of them."""
    lines = ["# Benchmarks", "", "Each is one command; its page says machine, date and commit.", ""]
    for page in sorted(RESULTS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        title = re.sub(r"^#+ *", "", text.splitlines()[0])
        command = re.search(r"`(python -m benchmarks[^`]*)`", text)
        lines.append(f"- [{title}](benchmarks/{page.name}): `{command[1] if command else '-'}`")
        # Links between pages of benchmarks and back to files of the repository are plain text here.
        plain = re.sub(r"!?\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", text)
        files.append(File.generated(config, f"benchmarks/{page.name}", content=plain))
    files.append(File.generated(config, "benchmarks.md", content="\n".join(lines) + "\n"))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links to benchmarks lead to their pages here; links to other files outside are text."""
    found = markdown.replace("](../benchmarks/results/", "](benchmarks/")
    return re.sub(r"\[([^\]]*)\]\(\.\./[^)]*\)", r"\1", found)
