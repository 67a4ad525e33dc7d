"""A report as one HTML page that asks nothing of the network and runs no script."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Template

from . import atomic
from .compile_model import MOST_SAMPLES
from .estimate import MEASURED_ON
from .explain import Explanation
from .manifest import Trust
from .report import ProofReport, Report, Verdict
from .report_charts import accuracy_bars, confusion_table, costs_by_kind, costs_by_node
from .report_graph import graph_chart
from .report_markup import definitions, element, escaped, section, table

TRUST = {
    Trust.DEV: "development keys: whoever made them can forge any proof",
    Trust.CONTRIBUTED: "keys with contributions: only all contributors together could forge",
    Trust.UNIVERSAL: "keys of a universal setup: only all of its contributors together could forge",
}
PRIVACY = (
    "A proof reveals k and nothing else of the predictions. This table shows each: keep the page "
    "to yourself if they are to stay private."
)
BYTES = ("B", "kB", "MB", "GB")


def write_report(path: Path, report: Report) -> None:
    """Writes the page atomically."""
    atomic.write_bytes(path, page(report).encode())


def page(report: Report) -> str:
    """The whole HTML text. Names from models and files are escaped; equal reports, equal text."""
    template = files("zkpot.templates").joinpath("report.html").read_text(encoding="utf-8")
    title, lead = _statement(report)
    sections = (
        section("Accuracy", _accuracy(report)),
        section("Confusion matrix", _confusion(report)),
        section("Where the constraints are", _costs(report)),
        section("What would make it smaller", _savings(report.explanation)),
        section("The circuit, node by node", *_nodes(report)),
        section("Sizes", _sizes(report)),
        section("Times", _times(report)),
        section("Keys, statement and digests", *_identity(report)),
    )
    return Template(template).substitute(
        title=escaped(title),
        lead=escaped(lead, 400),
        badges="".join(_badges(report)),
        sections="\n".join(filter(None, sections)),
    )


def _statement(report: Report) -> tuple[str, str]:
    """Title, and what it is about in a sentence."""
    samples, proof = report.explanation.samples, report.proof
    shape = "×".join(map(str, report.input_shape))
    many = "sample" if samples == 1 else "samples"
    about = f"Inputs of {shape}, {report.classes} classes, {samples:,} test {many}, "
    about += f"{report.explanation.constraints:,} constraints."
    if proof is None:
        return f"Circuit for {samples:,} {many}", about
    count = f"{proof.correct:,}" if proof.correct <= MOST_SAMPLES else "an impossible number"
    titles = {
        Verdict.VALID: f"Proven: {count} of {samples:,} correct",
        Verdict.INVALID: "Invalid proof",
        Verdict.UNCHECKED: f"Claimed: {count} of {samples:,} correct",
    }
    reason = {
        Verdict.VALID: "",
        Verdict.INVALID: f" Refused: {proof.reason}.",
        Verdict.UNCHECKED: f" Not checked: {proof.reason}.",
    }
    return titles[proof.verdict], about + reason[proof.verdict]


def _badges(report: Report) -> Iterator[str]:
    if report.proof is not None:
        verdict = report.proof.verdict
        style = {Verdict.VALID: "good", Verdict.INVALID: "bad", Verdict.UNCHECKED: "caution"}
        yield element("li", f"proof: {verdict}", class_=style[verdict])
    if report.keys is None:
        yield element("li", "no keys yet", class_="caution")
    else:
        caution = "caution" if report.keys.trust is Trust.DEV else "good"
        yield element("li", escaped(TRUST[report.keys.trust]), class_=caution)


def _accuracy(report: Report) -> str:
    found = report.accuracies
    if not found:
        return ""
    rows = (
        (
            a.source,
            a.correct,
            a.samples,
            f"{a.correct / a.samples:.2%}",
            f"{a.low:.1%}–{a.high:.1%}",
        )
        for a in found
    )
    header = ("model", "correct", "samples", "accuracy", "95% interval")
    return (
        accuracy_bars(found)
        + _disagreement(report)
        + table("On the test set; intervals are Wilson's", header, rows)
    )


def _disagreement(report: Report) -> str:
    """Said where the proof counts otherwise than the int8 model given: it is of another one."""
    counts = {a.source: a.correct for a in report.accuracies}
    if counts.get("proven") in (
        None,
        counts.get("int8"),
        *(() if "int8" in counts else counts.values()),
    ):
        return ""
    return '<p class="note">The int8 model given is not the one the proof is about.</p>'


def _confusion(report: Report) -> str:
    if report.confusion is None:
        return ""
    return confusion_table(report.confusion) + element("p", escaped(PRIVACY, 400), class_="note")


def _costs(report: Report) -> str:
    lines = report.explanation.lines
    return costs_by_kind(lines) + "<h3>By node</h3>" + costs_by_node(lines)


def _savings(explanation: Explanation) -> str:
    found = explanation.savings
    if not found:
        return ""
    rows = (
        (
            one.node or "the whole model",
            one.change,
            one.remedy,
            f"{one.constraints:,}",
            f"{one.constraints / explanation.constraints:.1%}",
        )
        for one in found
    )
    header = ("node", "change", "how", "would save", "share")
    note = "Each was tried on the whole circuit; what it does to the accuracy was not."
    listed = table("Changes, one at a time", header, rows, texts=3, style="changes")
    return listed + element("p", note, class_="note")


def _nodes(report: Report) -> Iterator[str]:
    lines = report.explanation.lines
    yield graph_chart(report.graph, lines[-len(report.graph.nodes) :])
    rows = (
        (
            line.name,
            line.op,
            line.strategy,
            "×".join(map(str, line.shape)),
            line.bits or "",
            f"{line.constraints:,}",
            f"{line.nonzeros:,}",
            f"{line.share:.1%}",
        )
        for line in lines
    )
    header = (
        "part",
        "operation",
        "proven by",
        "shape",
        "bits",
        "constraints",
        "non-zeros",
        "share",
    )
    yield table(
        "Every part of the circuit, shape and bits for one sample",
        header,
        rows,
        texts=3,
        style="wide",
    )


def _sizes(report: Report) -> str:
    found, explanation = report.estimate, report.explanation
    rows: list[tuple[str, object]] = [
        ("constraints", f"{explanation.constraints:,}"),
        ("non-zeros", f"{explanation.nonzeros:,}"),
        ("public signals", f"{found.public_signals:,}"),
        ("domain", f"2^{found.domain_power}, up to {found.largest_samples_in_domain:,} samples"),
        *((name, in_bytes(size)) for name, size in report.sizes.items()),
    ]
    if report.proof is not None:
        rows.append(("bundle", in_bytes(report.proof.bytes)))
    return definitions(rows)


def in_bytes(size: int) -> str:
    """A size in the largest decimal unit of which there is one."""
    power = min((len(str(size)) - 1) // 3, len(BYTES) - 1)
    return f"{size / 1000**power:,.{1 if power else 0}f} {BYTES[power]}"


def _times(report: Report) -> str:
    recorded = [
        (step, f"{seconds:,.1f} s" if seconds >= 10 else f"{seconds:.3g} s")
        for step, seconds in report.seconds.items()
    ]
    guessed = report.estimate.seconds
    estimated = [
        ("compile", f"{guessed.compile:,.0f} CPU s"),
        ("setup --dev", f"{guessed.setup:,.0f} CPU s"),
        ("prove", f"{guessed.prove:,.0f} CPU s"),
    ]
    parts = ["<h3>Recorded</h3>" + definitions(recorded)] if recorded else []
    parts.append("<h3>Estimated</h3>" + definitions(estimated))
    return "".join(parts) + element("p", escaped(MEASURED_ON), class_="note")


def _identity(report: Report) -> Iterator[str]:
    if report.proof is not None:
        yield "<h3>Statement</h3>" + definitions(_signals(report.proof))
    if report.keys is not None:
        steps = (step.name or "unnamed" for step in report.keys.contributions)
        contributed = ", ".join(steps) or "none"
        trust = report.keys.trust
        pairs = [("trust", f"{trust}: {TRUST[trust]}"), ("contributions", contributed)]
        yield "<h3>Keys</h3>" + definitions(pairs)
    yield "<h3>SHA-256, as the build records them</h3>" + definitions(report.digests.items())
    yield "<h3>Made with</h3>" + definitions(report.tools.items())


def _signals(proof: ProofReport) -> Iterator[tuple[str, object]]:
    yield "verdict", proof.verdict
    if proof.reason:
        yield "reason", proof.reason
    yield "context, as the bundle claims it" if proof.claimed else "context", proof.context
    yield "commitment cm", proof.cm
    yield "challenge r", proof.challenge
    yield "data set", proof.dataset
