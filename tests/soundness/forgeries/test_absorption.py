"""What no sponge holds can be fitted to the challenge: biases, low bits, the fold itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from rig.build import compiled
from rig.forge import Fold, attempt, downstream, replaced, winning
from rig.models import Model, Task, shifted
from rig.witness import complaints, solve
from tally import counted
from zkpot.compiler.field import FIELD
from zkpot.compiler.folding import folded
from zkpot.compiler.ir import Interval
from zkpot.compiler.poseidon import initial_capacity, sponge
from zkpot.compiler.statement import Statement, packed

WIDTH = 82
"""Bits of an accumulator: three slots then fill the field but for a few bits."""
LOW = WIDTH - 1


def all_wrong(task: Task) -> Task:
    logits = task.interpreted()[task.circuit.evaluation.inputs[0]]
    return replace(task, labels=logits.argmin(1).tolist())


@counted("attacks")
def test_a_free_fold_proves_any_count():
    """With u from the prover the pairing check says nothing about the data."""
    task = all_wrong(shifted())
    fold = Fold(task)
    forged = winning(task, np.random.default_rng(81), 1000)
    statement = task.statement(forged)
    rows = np.concatenate([task.values[name] for name in task.circuit.entries[0].inputs[1:]])
    first, *others = statement.u
    missing = fold.right_side(forged[fold.output], statement.r) - fold.left_side([0, *others], rows)
    fitted = missing * pow(fold.packed(rows)[0], -1, FIELD) % FIELD
    free = replace(statement, u=(fitted, *others), k=3)

    built = compiled(task.text)
    witness = solve(built, task.inputs(free, forged))
    assert complaints(built, witness) == []
    signals = [witness[built.wires[wire]] for wire in range(1, built.equations.public + 1)]
    assert signals == free.signals()

    # What the verifier computes from the data and that r is another u, which nothing satisfies.
    assert folded(task.circuit, task.data, free.r) == statement.u
    assert fitted != first
    honest = attempt(task.text, task.inputs(statement, forged))
    assert honest.objects(r"ConvFolded#0\.")


def wide() -> Task:
    """One layer of three outputs, so wide that an element's slots nearly fill the field."""
    model = Model(2, np.random.default_rng(82))
    output = model.dense("data", 2, 3)
    half = 1 << (WIDTH - 1)
    task = model.task(output, 4, accumulators={output: Interval(-half, half - 1)})
    return all_wrong(task)


def labelled(task: Task, winner: int, others: int) -> np.ndarray:
    """Logits at which every label wins."""
    chosen = np.eye(3, dtype=int)[task.labels]
    return np.where(chosen == 1, winner, others).astype(object)


def head(task: Task, cm: int, salt: int) -> list[int]:
    return [cm, task.ctx, task.dataset, salt]


def absorbed(task: Task, domain: str, elements: list[int]) -> int:
    return sponge(elements, initial_capacity(domain, task.circuit.id, len(elements)))


def ground(
    task: Task, cm: int, outputs: list[int], fitted: Callable[[int], list[int]], slot: range
) -> tuple[int, int, list[int]]:
    """The first salt and challenge whose fitted slots all lie in ``slot``: a few hundred hashes."""
    for salt in range(50_000):
        r = absorbed(task, "challenge", [*head(task, cm, salt), *outputs])
        slots = fitted(r)
        if all(v in slot for v in slots):
            return salt, r, slots
    raise AssertionError("no salt found")


def stated(task: Task, cm: int, r: int) -> Statement:
    return replace(task.statement(), cm=cm, r=r, k=4, u=folded(task.circuit, task.data, r))


@counted("attacks")
def test_biases_outside_the_sponge_prove_any_count():
    task = wide()
    fold, plan = Fold(task), task.circuit.absorption
    weight, bias = (task.values[name] for name in task.circuit.entries[0].inputs[1:])
    forged = labelled(task, 5, -5)
    elements = [
        *packed(weight.ravel().tolist(), plan.commitment[0]),
        *[0] * plan.commitment[1].elements,
    ]
    cm = absorbed(task, "commitment", [task.salts[0], *elements])

    def biases(r: int) -> list[int]:
        u = folded(task.circuit, task.data, r)
        target = fold.right_side(forged, r) - fold.left_side(u[:2], weight)
        return fold.slots(target * pow(u[2], -1, FIELD) % FIELD, 3)

    hashed = packed(forged.ravel().tolist(), plan.challenge[0])
    salt, r, slots = ground(task, cm, hashed, biases, range(-(1 << LOW), 1 << LOW))
    private = {fold.output: forged, task.circuit.entries[0].inputs[2]: np.array([slots], object)}
    task = replace(task, salts=(task.salts[0], salt))

    text = replaced(
        task.text, r"cm_in\[(\d+) \+ i\] <== v_packed_bias_0\[i\]", r"cm_in[\1 + i] <== 0"
    )
    broken = compiled(text)
    inputs = task.inputs(stated(task, cm, r), private)
    witness = solve(broken, inputs)
    assert complaints(broken, witness) == []
    assert (witness["main.cm"], witness["main.r"], witness["main.k"]) == (cm, r, 4)
    assert bias.tolist() != [slots]

    # On the real circuit these biases change cm, hence r; neither r's fold fits.
    second = replace(
        task, values={**task.values, task.circuit.entries[0].inputs[2]: np.array([slots], object)}
    )
    for statement in (stated(task, cm, r), second.statement({fold.output: forged})):
        assert attempt(task.text, task.inputs(statement, private)).objects(r"ConvFolded#0\.")


def high_only(text: str, task: Task) -> str:
    """The circuit with outputs split in two ranged parts, of which only the high one is hashed."""
    name = "v_dense_0_0"
    n = task.circuit.samples
    split = f"""
    signal input high[{n}][3];
    signal low[{n}][3];
    for (var i = 0; i < {n}; i++) {{
        for (var j = 0; j < 3; j++) {{ low[i][j] <== {name}[i][j] - high[i][j] * (1 << {LOW}); }}
    }}
    signal ranged[{n}][3] <== RangeChecked({n}, 3, {LOW}, 0)(low);
    """
    return replaced(
        text, rf"( *signal v_packed_dense_0_0\S* <== Pack\([^)]*\))\({name}\)", split + r"\1(high)"
    )


@counted("attacks")
def test_low_bits_outside_the_sponge_prove_any_count():
    task = wide()
    fold, plan = Fold(task), task.circuit.absorption
    rows = np.concatenate([task.values[name] for name in task.circuit.entries[0].inputs[1:]])
    high = labelled(task, 0, -1)
    cm = task.statement().cm

    def low_bits(r: int) -> list[int]:
        u = folded(task.circuit, task.data, r)
        return fold.slots((fold.left_side(u, rows) - fold.right_side(high << LOW, r)) % FIELD, 3)

    hashed = packed(high.ravel().tolist(), plan.challenge[0])
    salt, r, slots = ground(task, cm, hashed, low_bits, range(1 << LOW))
    outputs = high << LOW
    outputs[0] += slots
    task = replace(task, salts=(task.salts[0], salt))
    inputs = task.inputs(stated(task, cm, r), {fold.output: outputs})

    broken = compiled(high_only(task.text, task))
    witness = solve(broken, {**inputs, "high": high})
    assert complaints(broken, witness) == []
    assert (witness["main.r"], witness["main.k"]) == (r, 4)

    for statement in (stated(task, cm, r), task.statement({fold.output: outputs})):
        assert attempt(task.text, task.inputs(statement, {fold.output: outputs})).objects(
            r"ConvFolded#0\."
        )


@counted("attacks")
def test_the_right_outputs_are_the_only_ones_that_fold():
    task = shifted()
    right = task.outputs()
    (name,) = right
    assert attempt(task.text, task.inputs(task.statement(), right)).passes
    wrong = {name: right[name].copy()}
    wrong[name][1, 2] += 1
    assert downstream(task, wrong)[name] is wrong[name]
    assert attempt(task.text, task.inputs(task.statement(wrong), wrong)).objects("ConvFolded")
