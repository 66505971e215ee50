"""Turn each defence off in a copy of the tree and see its test go red: `python -m tests.defences [words]`.

words: parts of a defence's name, file or test; without any, all of them.
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
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from xml.etree import ElementTree

from tests.defences import ROOT, Defence, defences

PATIENCE_S = 300
# What a test says that met a missing defence: its own assertion, or an error of ours or the database's that it met.
ASSERTED = re.compile(
    r"assert |AssertionError|Failed: |(\w+\.)*(TimeoutError|ExceptionGroup)|webapp\.|peewee\."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What pytest said. `failed`: the tests that ended in a failure, with its first line; `broken`: anything else."""

    failed: dict[str, str]
    broken: str

    @property
    def red(self) -> bool:
        return not self.broken and bool(self.failed)

    def met(self, test: str) -> bool:
        """Whether this test, or one of its kind, failed."""
        name = test.replace("/", ".").replace(".py", "", 1)
        return any(one.partition("[")[0] == name or one.startswith(name) for one in self.failed)


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
                return Run(failed={}, broken=f"turned off it is no program: {unknown.stdout.strip()[:200]}")
            return self.tested(["-x", defence.test])
        finally:
            path.write_text(whole)

    def tested(self, words: Sequence[str]) -> Run:
        report = self.folder / "build" / "defences.xml"
        report.unlink(missing_ok=True)
        pytest = (sys.executable, "-m", "pytest", "-q", f"--junitxml={report}")
        try:
            run = self._run(*pytest, *words)
        except subprocess.TimeoutExpired:
            return Run(failed={}, broken=f"no answer within {PATIENCE_S} s")
        failed, broken = {}, "" if run.returncode in (0, 1) else f"pytest ended with {run.returncode}"
        for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
            for fault in case:
                said = (fault.get("message") or "").partition("\n")[0]
                if fault.tag == "failure" and ASSERTED.match(said):
                    failed[f"{case.get('classname')}::{case.get('name')}"] = said
                elif fault.tag in ("failure", "error", "skipped") and not said.startswith(
                    "failed on teardown"
                ):
                    broken = f"{fault.tag}: {said}"
        return Run(failed=failed, broken=broken)

    def _run(self, *words: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            words,
            cwd=cwd or self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


def main(parts: Sequence[str]) -> int:
    chosen = [one for one in defences() if all(part in f"{one.name} {one.file} {one.test}" for part in parts)]
    problems = [problem for one in chosen if (problem := one.problem())]
    if problems or not chosen:
        print("\n".join(problems) or "there is no such defence")
        return 2
    begun, green = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="defences-") as folder:
        copy = Copy(Path(folder))
        standing = copy.tested(sorted({one.test for one in chosen}))
        if standing.broken:
            print(f"with every defence on: {standing.broken}")
            return 2
        for one in chosen:
            since = time.monotonic()
            vain = Run(failed={}, broken="it fails with every defence on") if standing.met(one.test) else None
            run = vain or copy.without(one)
            why = run.broken or next(iter(run.failed.values()), "it stays green")
            green += not run.red
            print(f"{'red' if run.red else 'NOT RED'}  {time.monotonic() - since:5.1f} s  {one.name}")
            print(f"      {one.test}\n      {why[:140]}", flush=True)
    spent = time.monotonic() - begun
    print(f"defences: {len(chosen)} turned off, {len(chosen) - green} seen red, {spent:.0f} s")
    return 1 if green else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
