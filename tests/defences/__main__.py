"""Turn each defence off in a copy of the tree and see its test go red: `python -m tests.defences [words]`.

words: those whose name, file or test holds one of them; without any, all.
"""

import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from py_compile import PycInvalidationMode
from xml.etree import ElementTree

from tests.defences import ROOT, Defence, defences

PATIENCE_S = 300.0
FAULTS = ("failure", "error", "skipped")
# What a test says that met a missing defence: its own assertion, or an error of ours or the database's that it met.
ASSERTED = re.compile(
    r"assert |AssertionError|Failed: |(\w+\.)*(TimeoutError|ExceptionGroup)|webapp\.|peewee\."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What pytest said: the tests that met something wrong, and those that ended in another way; each with its word."""

    failed: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def red(self) -> bool:
        return bool(self.failed) and not self.broken

    def met(self, test: str) -> str:
        """What went wrong in this test, "" if nothing did."""
        name = test.replace("/", ".").replace(".py", "", 1)
        wrong = {**self.failed, **self.broken}
        return next((said for one, said in wrong.items() if name in (one, one.partition("[")[0])), "")


class Copy:
    """The tree without its history, in a folder where it may be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        own = {name: value for name, value in os.environ.items() if not name.startswith("TELEPRAXIS_")}
        self._environment = {**own, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        listed = self._run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
        built = [str(path.relative_to(ROOT)) for path in ROOT.glob("mediacore/*.so")]
        for name in [*listed.stdout.splitlines(), *built]:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        said = self._run(sys.executable, "-c", "import webapp; print(webapp.__file__)").stdout.strip()
        assert said == str(folder / "webapp" / "__init__.py"), f"another webapp would be tested: {said}"

    def without(self, defence: Defence) -> Run:
        """The defence's test while it is turned off."""
        path = self.folder / defence.file
        whole = path.read_text()
        turned = whole
        for text, off in defence.changes:
            turned = turned.replace(text, off)
        path.write_text(turned)
        try:
            unknown = self._run(sys.executable, "-m", "ruff", "check", "--select", "E9,F821", defence.file)
            if defence.file.endswith(".py") and unknown.returncode:
                return Run(broken={"": f"turned off it is no program: {unknown.stdout.strip()[:100]}"})
            return self.tested(["-x", defence.test])
        finally:
            path.write_text(whole)

    def tested(self, words: Sequence[str]) -> Run:
        report = self.folder / "build" / "defences.xml"
        report.unlink(missing_ok=True)
        pytest = (sys.executable, "-m", "pytest", "-q", f"--junitxml={report}")
        try:
            code = self._run(*pytest, *words, seconds=PATIENCE_S + 30 * len(words)).returncode
        except subprocess.TimeoutExpired:
            return Run(broken={"": "there was no answer"})
        if code not in (0, 1):
            return Run(broken={"": f"pytest ended with {code}"})
        run = Run()
        for case in ElementTree.parse(report).iter("testcase"):
            for fault in case:
                said = (fault.get("message") or "").partition("\n")[0]
                name = f"{case.get('classname')}::{case.get('name')}"
                if fault.tag == "failure" and ASSERTED.match(said):
                    run.failed[name] = said
                elif fault.tag in FAULTS and not said.startswith("failed on teardown"):
                    run.broken[name] = f"{fault.tag}: {said}"
        return run

    def _run(
        self, *words: str, cwd: Path | None = None, seconds: float = PATIENCE_S
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            words,
            cwd=cwd or self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


def main(parts: Sequence[str]) -> int:
    wanted = re.compile("|".join(map(re.escape, parts)))
    chosen = [one for one in defences() if wanted.search(f"{one.name} {one.file} {one.test}")]
    problems = [problem for one in chosen if (problem := one.problem())]
    if problems or not chosen:
        print("\n".join(problems) or "there is no such defence")
        return 2
    begun, unseen = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="defences-") as folder:
        copy = Copy(Path(folder))
        standing = copy.tested(sorted({one.test for one in chosen}))
        if "" in standing.broken:
            print(f"with every defence on: {standing.broken['']}")
            return 2
        for one in chosen:
            since = time.monotonic()
            met = standing.met(one.test)
            run = Run() if met else copy.without(one)
            why = next(iter([*run.broken.values(), *run.failed.values()]), "it stays green")
            why = f"with every defence on: {met}" if met else why
            unseen += not run.red
            print(f"{'red' if run.red else 'NOT RED'}  {time.monotonic() - since:5.1f} s  {one.name}")
            print(f"      {one.test}\n      {why[:140]}", flush=True)
    spent = time.monotonic() - begun
    print(f"defences: {len(chosen)} turned off, {len(chosen) - unseen} seen red, {spent:.0f} s")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
