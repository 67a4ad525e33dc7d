"""The steps of the round, in the order that keeps it honest: commit, then draw, then prove."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from zkpot.compiler.errors import InputError
from zkpot.prover import atomic
from zkpot.prover.build import R1CS
from zkpot.prover.bundle import Bundle, write_bundle
from zkpot.prover.compile_model import compile_model
from zkpot.prover.context import Context
from zkpot.prover.dataset import Dataset, Samples
from zkpot.prover.keys import setup_dev
from zkpot.prover.process import Progress
from zkpot.prover.prove import prove
from zkpot.prover.verify import Verifier
from zkpot.prover.workflow import Task, open_task, read_test_set

from ..admission import Terms
from ..beacon import demo_beacon
from ..draw import Pool, draw, require_batch
from ..ranking import Ranking, rank
from ..registry import Registry, write_registry
from ..submission import read_submission
from . import cheats
from .digits import POOL, Labelled, Shares, load_digits, poor, shares
from .training import EPOCHS, LAZY_EPOCHS, Contributor, contributor, quantized

ROUND = "digits/round-1"
HONEST = ("alice", "bob")
POOR = "carol"
INFLATER, COPYIST = "dave", "eve"
NAMES = (*HONEST, POOR, INFLATER, COPYIST)

Step = Callable[[str, str], AbstractContextManager[Progress]]
"""Opens a step: who does what. Its progress lines go to what the context manager yields."""


@dataclass(frozen=True)
class Published:
    """What the publisher gives out before anyone commits."""

    task: Task
    pool_root: bytes
    pool_size: int


@dataclass(frozen=True)
class Played:
    """How the round ended. ``beacon`` and ``indices`` determine the batch from the pool."""

    ranking: Ranking
    published: Published
    beacon: bytes
    indices: tuple[int, ...]

    @property
    def as_expected(self) -> bool:
        """Whether the honest three are ranked and every forgery was refused for its reason."""
        ranked = {entry.contributor for entry in self.ranking.ranked}
        reasons = {Path(r.bundle or "").stem: r.reason for r in self.ranking.refused}
        return ranked == {*HONEST, POOR} and reasons == EXPECTED_REFUSALS


EXPECTED_REFUSALS: Mapping[str, str] = {
    f"{INFLATER}-inflated": "false proof",
    f"{INFLATER}-relabelled": "wrong data",
    f"{COPYIST}-copied": "wrong context",
}


def play(folder: Path, samples: int, seed: int, step: Step) -> Played:
    """Plays the round in ``folder`` with a batch of ``samples``.

    ``seed``: of the division of the data and of the trainings; salts, keys and the beacon come
    from the operating system. Raises InputError for more samples than the pool has.
    """
    if not 1 <= samples <= POOL:
        raise InputError(f"a batch of {samples} samples", why=f"the pool has {POOL}")
    with step("publisher", "divides the digits: public, test pool, five private shares"):
        divided = shares(load_digits(), NAMES, seed)
    pool = Pool(divided.pool.x, divided.pool.y, secrets.token_bytes(32))
    published = publish(folder, divided.public, pool, samples, seed, step)
    players = _commitments(folder, published.task, divided, seed, step)
    registry = {_context(p.name): p.cm for p in players.values()}
    write_registry(folder / "registry.json", registry)
    beacon, indices, dataset = _draw(folder, published, pool, registry, step)
    _hand_in(folder / "bundles", published, players, dataset, step)
    ranking = _rank(folder, published, registry, dataset, beacon, step)
    return Played(ranking, published, beacon, indices)


def _context(name: str) -> str:
    return f"{ROUND}/{name}"


def publish(
    folder: Path, public: Labelled, pool: Pool, samples: int, seed: int, step: Step
) -> Published:
    """The task: an architecture whose scales come from public data, its circuit, its keys."""
    with step("publisher", f"trains a reference on {len(public)} public digits, for its scales"):
        path = quantized(folder / "publisher", public, seed)
    with step("publisher", f"compiles the circuit for {samples} samples") as say:
        calibration = Samples(public.x, public.y, path)
        made = compile_model(path, samples, folder / "build", calibration=calibration, progress=say)
    constraints = made.build.record.constraints
    with step("publisher", f"sets up development keys ({constraints:,} constraints)") as say:
        setup_dev(made.build.folder, made.build.file(R1CS), progress=say)
        task = open_task(made.build.folder)
    with step("publisher", f"commits to {len(pool)} test digits: {pool.root.hex()[:16]}…"):
        atomic.write_json(folder / "pool.json", {"root": pool.root.hex(), "length": len(pool)})
    return Published(task, pool.root, len(pool))


def _commitments(
    folder: Path, task: Task, divided: Shares, seed: int, step: Step
) -> dict[str, Contributor]:
    players = {}
    for number, name in enumerate(NAMES, 1):
        data, epochs = divided.training[name], EPOCHS
        if name == POOR:
            data = poor(data, seed)
        if name == INFLATER:
            epochs = LAZY_EPOCHS
        adjective = "noisy " if name == POOR else ""
        with step(name, f"trains on {len(data)} {adjective}digits ({epochs} epochs) and commits"):
            own = folder / "contributors" / name
            players[name] = contributor(name, own, data, task.build, seed + number, epochs)
    return players


def _draw(
    folder: Path, published: Published, pool: Pool, registry: Registry, step: Step
) -> tuple[bytes, tuple[int, ...], Dataset]:
    """The beacon, and the batch it draws, which everybody checks against the pool's root."""
    build, root, size = published.task.build, published.pool_root, published.pool_size
    count = build.circuit.samples
    with step("beacon", f"speaks after the commitments and draws {count} digits"):
        beacon = demo_beacon(registry)
        indices = draw(root, size, beacon.value, count)
        openings = [pool.open(index) for index in indices]
        require_batch(root, size, beacon.value, openings)
        path = folder / "batch.npz"
        x, y = np.stack([o.x for o in openings]), np.array([o.label for o in openings])
        with atomic.replacing(path) as part, part.open("wb") as file:
            np.savez(file, x=x, y=y)
        record = {"value": beacon.value.hex(), "randomness": beacon.randomness.hex()}
        atomic.write_json(folder / "beacon.json", {**record, "indices": list(indices)})
        return beacon.value, indices, read_test_set(build, path)


def _hand_in(
    folder: Path,
    published: Published,
    players: Mapping[str, Contributor],
    dataset: Dataset,
    step: Step,
) -> None:
    """Honest bundles first; what the cheats hand in is real work too, and no use to them."""
    honest = {}
    for name in (*HONEST, POOR):
        with step(name, "proves") as say:
            honest[name] = _proof(published, players[name], dataset, say)
            write_bundle(folder / f"{name}.json", honest[name])
    circuit, dave = published.task.build.circuit, players[INFLATER]
    with step(INFLATER, f"proves, and overwrites k with {circuit.samples}") as say:
        bundle = cheats.with_k(_proof(published, dave, dataset, say), circuit.samples)
        write_bundle(folder / f"{INFLATER}-inflated.json", bundle)
    with step(INFLATER, "proves again, with labels that its own model gave") as say:
        easy = cheats.relabelled(circuit, dave.model, dataset)
        bundle = cheats.passed_off(_proof(published, dave, easy, say), dataset)
        write_bundle(folder / f"{INFLATER}-relabelled.json", bundle)
    with step(COPYIST, f"copies {HONEST[0]}'s bundle and puts its own name on it"):
        bundle = cheats.renamed(honest[HONEST[0]], _context(COPYIST))
        write_bundle(folder / f"{COPYIST}-copied.json", bundle)


def _proof(published: Published, player: Contributor, dataset: Dataset, say: Progress) -> Bundle:
    task = published.task
    context = Context(_context(player.name), pool_root=published.pool_root.hex())
    model, salt = player.model, player.salt
    return prove(task.build, task.keys, model, dataset, context, salt=salt, progress=say).bundle


def _rank(
    folder: Path,
    published: Published,
    registry: Registry,
    dataset: Dataset,
    beacon: bytes,
    step: Step,
) -> Ranking:
    with step("verifier", "verifies every bundle and ranks"):
        paths = sorted((folder / "bundles").iterdir())
        submissions = [replace(read_submission(path), name=path.name) for path in paths]
        verifier = Verifier(published.task.build, published.task.keys, allow_dev=True)
        terms = Terms(registry, ROUND, published.pool_root.hex())
        return rank(submissions, verifier, dataset, beacon=beacon, terms=terms)
