"""The steps of the round, in the order that keeps it honest: commit, then draw, then prove."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.circuit import lower
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights
from zkpot.prover import atomic
from zkpot.prover.build import R1CS, Build, write_build
from zkpot.prover.bundle import Bundle, write_bundle
from zkpot.prover.context import Context
from zkpot.prover.dataset import Dataset, load_samples, prepared
from zkpot.prover.keys import Keys, load_keys, setup_dev
from zkpot.prover.process import Progress
from zkpot.prover.prove import prove
from zkpot.prover.verify import Verifier

from ..admission import Terms
from ..beacon import demo_beacon
from ..draw import Pool, draw, require_batch
from ..ranking import Ranking, rank
from ..registry import Registry, write_registry
from ..submission import read_submission
from . import cheats
from .digits import POOL, Labelled, Shares, load_digits, poor, shares
from .training import Contributor, contributor, quantized

ROUND = "digits/round-1"
HONEST = ("alice", "bob")
POOR = "carol"
INFLATER, COPYIST = "dave", "eve"
NAMES = (*HONEST, POOR, INFLATER, COPYIST)

Step = Callable[[str, str], AbstractContextManager[Progress]]
"""Opens a step: who does what. Its progress lines go to what the context manager yields."""


@dataclass(frozen=True)
class Task:
    """What the publisher gives out before anyone commits."""

    build: Build
    keys: Keys
    pool_root: bytes
    pool_size: int


@dataclass(frozen=True)
class Played:
    """How the round ended. ``beacon`` and ``indices`` determine the batch from the pool."""

    ranking: Ranking
    task: Task
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
    task = publish(folder, divided.public, pool, samples, seed, step)
    players = _commitments(folder, task, divided, seed, step)
    registry = {_context(p.name): p.cm for p in players.values()}
    write_registry(folder / "registry.json", registry)
    beacon, indices, dataset = _draw(folder, task, pool, registry, step)
    _hand_in(folder / "bundles", task, players, dataset, step)
    ranking = _rank(folder, task, registry, dataset, beacon, step)
    return Played(ranking, task, beacon, indices)


def _context(name: str) -> str:
    return f"{ROUND}/{name}"


def publish(
    folder: Path, public: Labelled, pool: Pool, samples: int, seed: int, step: Step
) -> Task:
    """The task: an architecture whose scales come from public data, its circuit, its keys."""
    with step("publisher", f"trains a reference on {len(public)} public digits, for its scales"):
        path = quantized(folder / "publisher", public, seed)
        model = import_model(path)
        widths = chosen_accumulators(model.graph, model.values, model.accumulator_bits)
        circuit = lower(model.graph, samples, model.weight_bits or 8, widths)
    with step("publisher", f"compiles the circuit for {samples} samples") as say:
        architecture = strip_weights(path.read_bytes())
        build = write_build(circuit, model.input_shape, architecture, folder / "build", say)
    with step(
        "publisher", f"sets up development keys ({build.record.constraints:,} constraints)"
    ) as say:
        setup_dev(build.folder, build.file(R1CS), progress=say)
        keys = load_keys(build.folder)
    with step(
        "publisher", f"commits to a pool of {len(pool)} test digits: {pool.root.hex()[:16]}…"
    ):
        published = {"root": pool.root.hex(), "length": len(pool)}
        atomic.write_json(folder / "pool.json", published)
    return Task(build, keys, pool.root, len(pool))


def _commitments(
    folder: Path, task: Task, divided: Shares, seed: int, step: Step
) -> dict[str, Contributor]:
    players = {}
    for number, name in enumerate(NAMES):
        data = divided.training[name]
        if name == POOR:
            data = poor(data, seed)
        described = f"trains on {len(data)} {'noisy ' if name == POOR else ''}digits"
        with step(name, f"{described}, quantizes and commits"):
            own = folder / "contributors" / name
            players[name] = contributor(name, own, data, task.build, seed + number + 1)
    return players


def _draw(
    folder: Path, task: Task, pool: Pool, registry: Registry, step: Step
) -> tuple[bytes, tuple[int, ...], Dataset]:
    """The beacon, and the batch it draws, which everybody checks against the pool's root."""
    circuit = task.build.circuit
    with step("beacon", f"speaks after the commitments and draws {circuit.samples} digits"):
        beacon = demo_beacon(registry)
        indices = draw(task.pool_root, task.pool_size, beacon.value, circuit.samples)
        openings = [pool.open(index) for index in indices]
        require_batch(task.pool_root, task.pool_size, beacon.value, openings)
        path = folder / "batch.npz"
        x, y = np.stack([o.x for o in openings]), np.array([o.label for o in openings])
        with atomic.replacing(path) as part, part.open("wb") as file:
            np.savez(file, x=x, y=y)
        published = {
            "value": beacon.value.hex(),
            "randomness": beacon.randomness.hex(),
            "indices": list(indices),
        }
        atomic.write_json(folder / "beacon.json", published)
        shape, quantization = task.build.record.input_shape, circuit.model.quantization
        dataset = prepared(
            load_samples(path), shape, quantization, circuit.classes, circuit.samples
        )
    return beacon.value, indices, dataset


def _hand_in(
    folder: Path, task: Task, players: Mapping[str, Contributor], dataset: Dataset, step: Step
) -> None:
    """Honest bundles first; what the cheats hand in is real work too, and no use to them."""
    honest = {}
    for name in (*HONEST, POOR):
        with step(name, "proves") as say:
            honest[name] = _proof(task, players[name], dataset, say)
            write_bundle(folder / f"{name}.json", honest[name])
    circuit, dave = task.build.circuit, players[INFLATER]
    with step(INFLATER, f"proves, and overwrites k with {circuit.samples}") as say:
        bundle = cheats.with_k(_proof(task, dave, dataset, say), circuit.samples)
        write_bundle(folder / f"{INFLATER}-inflated.json", bundle)
    with step(INFLATER, "proves again, with labels that its own model gave") as say:
        easy = cheats.relabelled(circuit, dave.model, dataset)
        bundle = cheats.passed_off(_proof(task, dave, easy, say), dataset)
        write_bundle(folder / f"{INFLATER}-relabelled.json", bundle)
    with step(COPYIST, f"copies {HONEST[0]}'s bundle and puts its own name on it"):
        bundle = cheats.renamed(honest[HONEST[0]], _context(COPYIST))
        write_bundle(folder / f"{COPYIST}-copied.json", bundle)


def _proof(task: Task, player: Contributor, dataset: Dataset, say: Progress) -> Bundle:
    context = Context(_context(player.name), pool_root=task.pool_root.hex())
    proved = prove(
        task.build,
        task.keys,
        player.model,
        dataset,
        context,
        salt=player.salt,
        progress=say,
    )
    return proved.bundle


def _rank(
    folder: Path, task: Task, registry: Registry, dataset: Dataset, beacon: bytes, step: Step
) -> Ranking:
    with step("verifier", "verifies every bundle and ranks"):
        paths = sorted((folder / "bundles").iterdir())
        submissions = [replace(read_submission(path), name=path.name) for path in paths]
        verifier = Verifier(task.build, task.keys, allow_dev=True)
        terms = Terms(registry, ROUND, task.pool_root.hex())
        return rank(submissions, verifier, dataset, beacon=beacon, terms=terms)
