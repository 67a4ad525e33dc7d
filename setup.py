"""What pyproject.toml can't say: which packages there are, and what else a wheel carries.

Each folder of ROOTS is the package ``zkpot.<folder>``; ``zkpot`` itself is a namespace. Packages
are found, never listed, and a folder with modules but no ``__init__.py`` stops a wheel's or
archive's build: nothing can be forgotten.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOTS = ("compiler", "circuits", "templates", "prover", "consensus", "cli")
NODE_FILES = ("package.json", "package-lock.json")
HERE = Path(__file__).resolve().parent


def packages() -> list[str]:
    """Import names of every package, subpackages included."""
    wanted = [pattern for root in ROOTS for pattern in (root, f"{root}.*")]
    return [f"zkpot.{name}" for name in find_packages(str(HERE), include=wanted)]


def demand_init_files() -> None:
    """Stop where a folder of modules would be left out."""
    for module in (path for root in ROOTS for path in (HERE / root).rglob("*.py")):
        if not (module.parent / "__init__.py").exists():
            raise SystemExit(f"{module.parent} has modules but no __init__.py: it would be lost")


class CompleteSdist(sdist):
    """A source archive that leaves no folder of modules out."""

    def run(self) -> None:
        """Check, then the ordinary command."""
        demand_init_files()
        super().run()


class BuildWithNodeFiles(build_py):
    """Adds the pinned node tools' manifest and lock file, and the typing markers, to a wheel."""

    def run(self) -> None:
        """Copy after the ordinary build; an editable install reads them from the checkout."""
        super().run()
        if self.editable_mode:
            return
        demand_init_files()
        node = Path(self.build_lib, "zkpot", "prover", "node")
        node.mkdir(parents=True, exist_ok=True)
        for name in NODE_FILES:
            shutil.copyfile(HERE / name, node / name)
        for package in Path(self.build_lib, "zkpot").iterdir():
            (package / "py.typed").touch()


setup(
    packages=packages(),
    package_dir={f"zkpot.{root}": root for root in ROOTS},
    include_package_data=False,
    package_data={"zkpot.circuits": ["**/*.circom"], "zkpot.templates": ["**/*"]},
    cmdclass={"build_py": BuildWithNodeFiles, "sdist": CompleteSdist},
)
