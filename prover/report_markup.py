"""HTML and SVG as text: whatever comes from a model or a file is made harmless here."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Sequence

LONGEST = 160


def escaped(value: object, longest: int = LONGEST) -> str:
    """``value`` as text of an element or of a quoted attribute.

    Control and format characters, which could reorder or hide what stands around them, are shown
    by their code points; what is longer than ``longest`` characters is cut in the middle.
    """
    shown = "".join(_visible(c) for c in str(value)[: 2 * LONGEST])
    return html.escape(shortened(shown, longest), quote=True)


def shortened(text: str, longest: int) -> str:
    """``text`` in at most ``longest`` characters, its ends kept."""
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 3
    return f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def _visible(character: str) -> str:
    hidden = unicodedata.category(character)[0] in "CZ" and character != " "
    return f"\\u{{{ord(character):x}}}" if hidden else character


def element(name: str, content: str, **attributes: object) -> str:
    """``content`` is markup; attributes are escaped here, their ``_`` being ``-``."""
    pairs = (
        f' {key.strip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{''.join(pairs)}>{content}</{name}>"


def table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    texts: int = 1,
    style: str = "",
) -> str:
    """A table of escaped cells, the first ``texts`` columns text and the others numbers.

    It scrolls by itself where it is wider than the page.
    """
    head = "".join(
        element("th", escaped(h), scope="col", class_="" if i < texts else "number")
        for i, h in enumerate(header)
    )
    body = "".join(element("tr", _cells(row, texts)) for row in rows)
    inside = f"<caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead>"
    whole = element("table", f"{inside}<tbody>{body}</tbody>", class_=style)
    return scrolling(whole, caption)


def _cells(row: Sequence[object], texts: int) -> str:
    first = element("th", escaped(row[0]), scope="row")
    rest = (
        element("td", escaped(cell), class_="" if i < texts else "number")
        for i, cell in enumerate(row[1:], start=1)
    )
    return first + "".join(rest)


def scrolling(content: str, label: str) -> str:
    """``content`` in a box that the keyboard can scroll too."""
    return element("div", content, class_="scroll", tabindex=0, role="region", aria_label=label)


def definitions(pairs: Iterable[tuple[str, object]]) -> str:
    """A list of names and escaped values."""
    rows = (f"<dt>{escaped(k)}</dt><dd>{escaped(v)}</dd>" for k, v in pairs)
    return f"<dl>{''.join(rows)}</dl>"


def section(title: str, *parts: str) -> str:
    """Nothing if all ``parts`` are empty."""
    content = "".join(parts)
    return f"<section><h2>{escaped(title)}</h2>{content}</section>" if content else ""
