"""sprig's snakecase, kebabcase and camelcase, as xstrings 1.5 cuts words."""

from __future__ import annotations

import unicodedata

from kai_pipelines.expression.builtins_text import single
from kai_pipelines.expression.lexer import is_space


def _is_connector(ch: str) -> bool:
    return ch in "-_" or is_space(ch)


def pascal_case(text: str) -> str:
    """some_words and GOLANG_IS to SomeWords and GolangIs; connectors in front stay."""
    if not text:
        return ""
    start = 0
    while start < len(text) and _is_connector(text[start]):
        start += 1
    if start == len(text):
        return text + text[-1]
    parts = [text[:start]]
    current = single(text[start].upper(), text[start])
    shouting = text[start].isupper()
    for ch in text[start + 1 :]:
        previous, current = current, ch
        if _is_connector(ch) and _is_connector(previous):
            parts.append(previous)
            continue
        if _is_connector(previous):
            shouting = ch.isupper()
            current = single(ch.upper(), ch)
            continue
        if shouting:
            if ch.isupper():
                current = single(ch.lower(), ch)
            else:
                shouting = False
        parts.append(previous)
    return "".join((*parts, current))


def _word_kind(ch: str) -> str:
    category = unicodedata.category(ch)
    if _is_connector(ch):
        return "connector"
    if category[0] == "P":
        return "punctuation"
    if category == "Lu":
        return "upper"
    if category[0] == "L":
        ideograph = "\u4e00" <= ch <= "\u9fcc" or "\u3400" <= ch <= "\u4d85" or "\U00020000" <= ch <= "\U0002b81d"
        return "other" if ideograph else "letter"
    return "number" if category[0] == "N" else "other"


def _words(text: str) -> list[tuple[str, str]]:
    """Runs of one kind; `HTTPStatus` is HTTP and Status."""
    words: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        kind = _word_kind(text[at])
        end = at + 1
        if kind == "upper":
            end = _after_capital(text, at)
        else:
            while end < len(text) and _word_kind(text[end]) == kind:
                end += 1
        words.append((kind, text[at:end]))
        at = end
    return words


def _after_capital(text: str, at: int) -> int:
    end = at + 1
    while end < len(text) and _word_kind(text[end]) == "upper":
        end += 1
    follows = end < len(text) and _word_kind(text[end]) == "letter"
    if end > at + 1:
        return end - 1 if follows else end
    while end < len(text) and _word_kind(text[end]) == "letter":
        end += 1
    return end


def joined_case(text: str, connector: str) -> str:
    """snake_case and kebab-case: HTTP20xOK to http_20x_ok, Bld4Floor to bld4_floor."""
    words = _words(text)
    words.append(("end", ""))
    out: list[str] = []
    at = 0

    def put(index: int) -> None:
        kind, word = words[index]
        if kind in ("upper", "connector"):
            word = "".join(connector if _is_connector(ch) else single(ch.lower(), ch) for ch in word)
        out.append(word)

    def loose(index: int) -> bool:
        return words[index][0] not in ("connector", "punctuation", "end")

    def run_of_letters(index: int) -> int:
        while words[index][0] in ("letter", "number"):
            put(index)
            index += 1
        if loose(index):
            out.append(connector)
        return index

    while words[at + 1][0] != "end" if at + 1 < len(words) else False:
        previous = words[at][0]
        put(at)
        at += 1
        if previous == "number":
            at = run_of_letters(at)
        elif previous in ("connector", "punctuation"):
            continue
        elif words[at][0] != "number":
            if loose(at):
                out.append(connector)
        elif words[at + 1][0] != "end":
            at += 1
            if words[at][0] == "letter":
                out.append(connector)
                put(at - 1)
                at = run_of_letters(at)
            else:
                put(at - 1)
                if loose(at):
                    out.append(connector)
    if at < len(words):
        put(at)
    return "".join(out)
