"""Pieces of the self-contained pages: the frame, cards, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from ..version import VERSION


def document(title: str, opening: str, verdict: str, cards: Iterable[str], closing: str) -> str:
    """The page as text: no script, nothing from elsewhere; colours follow the reader's light or dark setting."""
    style = files(__package__).joinpath("page.css").read_text("utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<meta name="generator" content="leastwise {VERSION}"><title>{escape(title)} - leastwise</title>'
        f"<style>{style}</style></head><body><main><h1>{escape(title)}</h1>"
        f'<p class="soft">{escape(opening)}</p>{verdict}'
        f'<div class="grid">{"".join(cards)}</div>'
        f'<p class="soft">{escape(closing)}</p></main></body></html>\n'
    )


def verdict(title: str, sentences: Iterable[str], good: bool) -> str:
    """The box at the top."""
    kind = "verdict converged" if good else "verdict"
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return f'<section class="{kind}" aria-label="{title}"><h2>{title}</h2>{said}</section>'


def card(title: str, *parts: str, wide: bool = False) -> str:
    """A box in the grid; nothing where it would be empty."""
    body = "".join(parts)
    kind = "card wide" if wide else "card"
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{body}</section>' if body else ""


def soft(words: str) -> str:
    """A remark."""
    return f'<p class="soft">{escape(words)}</p>'


def table(head: Sequence[str], rows: Iterable[str]) -> str:
    """A table that scrolls on its own."""
    cells = "".join(f'<th scope="col"{_left(name)}>{escape(name)}</th>' for name in head)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def row(cells: Sequence[str], kind: str = "") -> str:
    """A row of it."""
    inside = "".join(
        f'<td class="words">{escape(cell)}</td>' if " " in cell and cell.endswith(".") else f"<td>{escape(cell)}</td>"
        for cell in cells
    )
    return f'<tr class="{kind}">{inside}</tr>' if kind else f"<tr>{inside}</tr>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and their values."""
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in pairs)}</dl>"


def legend(key: Iterable[tuple[str, str]]) -> str:
    """What the lines and dots of a chart are, as (kind, words)."""
    spans = "".join(f'<span><i class="key {kind}"></i>{escape(words)}</span>' for kind, words in key)
    return f'<p class="legend soft">{spans}</p>'


def coloured(code: str) -> str:
    """Python, coloured."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return str(highlight(code, PythonLexer(), HtmlFormatter(nowrap=False)))


def _left(name: str) -> str:
    return ' class="words"' if name.startswith("what") else ""
