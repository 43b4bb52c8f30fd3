"""The functions of sprig 3.3 that Argo offers as `sprig.name(…)`, with their Go signatures.

Those that make keys, certificates and passwords, or that ask the network, are refused by name.
"""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Callable
from typing import NoReturn

from kai_pipelines.expression import builtins_text, gojson, gotime, numbers, regex
from kai_pipelines.expression import sprig_cases as cases
from kai_pipelines.expression import sprig_data as data
from kai_pipelines.expression import sprig_numbers as maths
from kai_pipelines.expression import sprig_text as text
from kai_pipelines.expression.values import ANY, DICT, LIST, Func, Slice, strings

_TYPES = {
    "s": "string", "i": "int", "I": "int64", "f": "float64", "b": "bool", "a": ANY, "l": LIST, "t": "[]string",
    "m": DICT, "n": "[]int", "T": "time.Time", "k": "[][]interface {}", "p": "map[string]string",
    "v": "*semver.Version",
}  # fmt: skip
"""One letter per Go type; `*` before a letter: any number of them."""

_REFUSED = [
    "bcrypt",
    "htpasswd",
    "genPrivateKey",
    "derivePassword",
    "buildCustomCert",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "encryptAES",
    "decryptAES",
    "getHostByName",
]


def functions() -> dict[str, object]:
    """All of them by name: what `sprig` is in an expression."""
    return dict(_FUNCTIONS)


def _function(name: str, signature: str, call: Callable[..., object]) -> Func:
    taken, _, given = signature.partition(">")
    variadic = "*" in taken
    params = tuple(_TYPES[letter] for letter in taken.replace("*", ""))
    return Func(name, params, _TYPES[given], call, variadic=variadic)


def _refuse(name: str) -> Func:
    def refuse(*arguments: object) -> NoReturn:
        raise ValueError(f"sprig.{name} is not available here: it makes secrets or asks the network")

    return Func(name, (ANY,), ANY, refuse, variadic=True)


def _fail(message: str) -> NoReturn:
    raise ValueError(message)


def _matches(pattern: str, subject: str) -> bool:
    return regex.compile_pattern(pattern).search(subject) is not None


def _matches_if_valid(pattern: str, subject: str) -> bool:
    try:
        return _matches(pattern, subject)
    except regex.PatternError:
        return False


def _find(pattern: str, subject: str) -> str:
    found = regex.compile_pattern(pattern).search(subject)
    return "" if found is None else subject[found[0] : found[1]]


def _find_all(pattern: str, subject: str, limit: int) -> Slice:
    found = [subject[one[0] : one[1]] for one in regex.compile_pattern(pattern).find_all(subject, limit)]
    return Slice("[]string", found, is_nil=not found)


def _replace_all(pattern: str, subject: str, replacement: str) -> str:
    return regex.compile_pattern(pattern).replace_all(subject, replacement)


def _replace_all_literal(pattern: str, subject: str, replacement: str) -> str:
    return regex.compile_pattern(pattern).replace_all(subject, replacement, literal=True)


def _regex_split(pattern: str, subject: str, limit: int) -> Slice:
    parts = regex.compile_pattern(pattern).split(subject, limit)
    return Slice("[]string", is_nil=True) if parts is None else strings(parts)


def _semver(version: str) -> object:
    from kai_pipelines.expression.semver import Version

    return Version.parse(version)


def _semver_compare(constraint: str, version: str) -> bool:
    from kai_pipelines.expression.semver import Version, satisfies

    return satisfies(constraint, Version.parse(version))


def _url_parse(url: str) -> object:
    from kai_pipelines.expression.urls import parse

    return parse(url)


def _url_join(parts: dict[str, object]) -> str:
    from kai_pipelines.expression.urls import join

    return join(parts)


_TEXT: dict[str, tuple[str, Callable[..., object]]] = {
    "hello": (">s", lambda: "Hello!"),
    "abbrev": ("is>s", text.abbreviate),
    "abbrevboth": ("iis>s", text.abbreviate_both),
    "trunc": ("is>s", text.trunc),
    "trim": ("s>s", builtins_text.trim_space),
    "upper": ("s>s", builtins_text.upper),
    "lower": ("s>s", builtins_text.lower),
    "title": ("s>s", text.title),
    "untitle": ("s>s", text.untitle),
    "substr": ("iis>s", text.substring),
    "repeat": ("is>s", text.repeat),
    **dict.fromkeys(("trimall", "trimAll"), ("ss>s", lambda cut, value: value.strip(cut) if cut else value)),
    "trimSuffix": ("ss>s", lambda suffix, value: value.removesuffix(suffix)),
    "trimPrefix": ("ss>s", lambda prefix, value: value.removeprefix(prefix)),
    "nospace": ("s>s", text.nospace),
    "initials": ("s>s", text.initials),
    "randAlphaNum": ("i>s", text.random_text(string.ascii_letters + string.digits)),
    "randAlpha": ("i>s", text.random_text(string.ascii_letters)),
    "randAscii": ("i>s", text.random_text("".join(map(chr, range(32, 127))))),
    "randNumeric": ("i>s", text.random_text(string.digits)),
    "randBytes": ("i>s", lambda count: base64.b64encode(secrets.token_bytes(min(count, 1 << 16))).decode()),
    "swapcase": ("s>s", text.swapcase),
    "shuffle": ("s>s", text.shuffle),
    "snakecase": ("s>s", lambda value: cases.joined_case(value, "_")),
    "kebabcase": ("s>s", lambda value: cases.joined_case(value, "-")),
    "camelcase": ("s>s", cases.pascal_case),
    "wrap": ("is>s", lambda width, value: text.wrap(width, "", value, long_words=False)),
    "wrapWith": ("iss>s", lambda width, newline, value: text.wrap(width, newline, value, long_words=True)),
    "contains": ("ss>b", lambda part, value: part in value),
    "hasPrefix": ("ss>b", lambda prefix, value: value.startswith(prefix)),
    "hasSuffix": ("ss>b", lambda suffix, value: value.endswith(suffix)),
    "quote": ("*a>s", text.quoted),
    "squote": ("*a>s", text.single_quoted),
    "cat": ("*a>s", text.cat),
    "indent": ("is>s", text.indent),
    "nindent": ("is>s", lambda spaces, value: "\n" + text.indent(spaces, value)),
    "replace": ("sss>s", text.replace),
    "plural": ("ssi>s", lambda one, many, count: one if count == 1 else many),
    "sha1sum": ("s>s", text.digest("sha1")),
    "sha256sum": ("s>s", text.digest("sha256")),
    "sha512sum": ("s>s", text.digest("sha512")),
    "adler32sum": ("s>s", text.adler32),
    "toString": ("a>s", text.strval),
    "split": ("ss>p", lambda separator, value: text.numbered(builtins_text.split_text(value, separator))),
    "splitn": (
        "sis>p",
        lambda separator, count, value: text.numbered(builtins_text.split_text(value, separator, count)),
    ),
    "splitList": ("ss>t", lambda separator, value: builtins_text.split_text(value, separator)),
    "toStrings": ("a>t", text.string_list),
    "join": ("sa>s", text.join),
    "sortAlpha": ("a>t", data.sort_alpha),
    "b64enc": ("s>s", lambda value: base64.b64encode(text.encode(value)).decode()),
    "b64dec": ("s>s", text.b64dec),
    "b32enc": ("s>s", lambda value: base64.b32encode(text.encode(value)).decode()),
    "b32dec": ("s>s", text.b32dec),
    "uuidv4": (">s", lambda: str(uuid.uuid4())),
    "fail": ("s>s", _fail),
    "regexMatch": ("ss>b", _matches_if_valid),
    "mustRegexMatch": ("ss>b", _matches),
    **dict.fromkeys(("regexFind", "mustRegexFind"), ("ss>s", _find)),
    **dict.fromkeys(("regexFindAll", "mustRegexFindAll"), ("ssi>t", _find_all)),
    **dict.fromkeys(("regexReplaceAll", "mustRegexReplaceAll"), ("sss>s", _replace_all)),
    **dict.fromkeys(("regexReplaceAllLiteral", "mustRegexReplaceAllLiteral"), ("sss>s", _replace_all_literal)),
    **dict.fromkeys(("regexSplit", "mustRegexSplit"), ("ssi>t", _regex_split)),
    "regexQuoteMeta": ("s>s", regex.quote_meta),
    "semver": ("s>v", _semver),
    "semverCompare": ("ss>b", _semver_compare),
    "urlParse": ("s>m", _url_parse),
    "urlJoin": ("m>s", _url_join),
}

_NUMBERS: dict[str, tuple[str, Callable[..., object]]] = {
    "atoi": ("s>i", maths.atoi),
    "int64": ("a>I", lambda value: maths.add(value)),
    "int": ("a>i", data.cast_int),
    "float64": ("a>f", data.cast_float),
    "seq": ("*i>s", maths.seq),
    "toDecimal": ("a>I", maths.to_decimal),
    "until": ("i>n", maths.until),
    "untilStep": ("iii>n", maths.until_step),
    "add1": ("a>I", lambda value: maths.add(value, 1)),
    "add": ("*a>I", maths.add),
    "sub": ("aa>I", maths.sub),
    "div": ("aa>I", maths.div),
    "mod": ("aa>I", maths.mod),
    "mul": ("a*a>I", maths.mul),
    "randInt": ("ii>i", maths.random_int),
    "add1f": ("a>f", lambda value: maths.with_decimals(lambda a, b: a + b)(value, 1)),
    "addf": ("*a>f", lambda *values: maths.with_decimals(lambda a, b: a + b)(0.0, *values)),
    "subf": ("a*a>f", maths.with_decimals(lambda a, b: a - b)),
    "divf": ("a*a>f", maths.with_decimals(maths.divide_decimals)),
    "mulf": ("a*a>f", maths.with_decimals(lambda a, b: a * b)),
    **dict.fromkeys(("biggest", "max"), ("a*a>I", maths.extreme(max))),
    "min": ("a*a>I", maths.extreme(min)),
    "maxf": ("a*a>f", maths.extreme_float(max)),
    "minf": ("a*a>f", maths.extreme_float(min)),
    "ceil": ("a>f", lambda value: numbers.ceil(data.cast_float(value))),
    "floor": ("a>f", lambda value: numbers.floor(data.cast_float(value))),
    "round": ("ai*f>f", maths.round_to),
    "now": (">T", maths.now),
    "ago": ("a>s", maths.ago),
    "date": ("sa>s", lambda layout, value: maths.date_in_zone(layout, value, "Local")),
    **dict.fromkeys(("dateInZone", "date_in_zone"), ("sas>s", maths.date_in_zone)),
    "htmlDate": ("a>s", lambda value: maths.date_in_zone("2006-01-02", value, "Local")),
    "htmlDateInZone": ("as>s", lambda value, zone: maths.date_in_zone("2006-01-02", value, zone)),
    **dict.fromkeys(("dateModify", "date_modify"), ("sT>T", maths.modify_if_valid)),
    **dict.fromkeys(("mustDateModify", "must_date_modify"), ("sT>T", maths.modify)),
    "duration": ("a>s", maths.duration),
    "durationRound": ("a>s", maths.duration_round),
    "toDate": ("ss>T", maths.to_date),
    "mustToDate": ("ss>T", gotime.parse_time),
    "unixEpoch": ("T>s", lambda value: str(value.seconds)),
    **dict.fromkeys(("base", "osBase"), ("s>s", maths.base)),
    **dict.fromkeys(("dir", "osDir"), ("s>s", maths.directory)),
    **dict.fromkeys(("clean", "osClean"), ("s>s", maths.clean)),
    **dict.fromkeys(("ext", "osExt"), ("s>s", maths.extension)),
    **dict.fromkeys(("isAbs", "osIsAbs"), ("s>b", lambda path: path.startswith("/"))),
}

_DATA: dict[str, tuple[str, Callable[..., object]]] = {
    "default": ("a*a>a", data.default),
    "empty": ("a>b", data.empty),
    "coalesce": ("*a>a", data.coalesce),
    "all": ("*a>b", lambda *values: not any(data.empty(value) for value in values)),
    "any": ("*a>b", lambda *values: any(not data.empty(value) for value in values)),
    **dict.fromkeys(("compact", "mustCompact"), ("a>l", data.compact)),
    "fromJson": ("s>a", data.from_json),
    "mustFromJson": ("s>a", gojson.unmarshal),
    "toJson": ("a>s", data.lenient(gojson.marshal)),
    "mustToJson": ("a>s", gojson.marshal),
    "toPrettyJson": ("a>s", data.lenient(data.pretty_json)),
    "mustToPrettyJson": ("a>s", data.pretty_json),
    **dict.fromkeys(("toRawJson", "mustToRawJson"), ("a>s", data.raw_json)),
    "ternary": ("aab>a", data.ternary),
    **dict.fromkeys(("deepCopy", "mustDeepCopy"), ("a>a", data.deep_copy)),
    "typeOf": ("a>s", text.type_of),
    "typeIs": ("sa>b", lambda wanted, value: text.type_of(value) == wanted),
    "typeIsLike": ("sa>b", lambda wanted, value: text.type_of(value) in (wanted, "*" + wanted)),
    "kindOf": ("a>s", data.kind),
    "kindIs": ("sa>b", lambda wanted, value: data.kind(value) == wanted),
    "deepEqual": ("aa>b", data.equal),
    **dict.fromkeys(("list", "tuple"), ("*a>l", lambda *values: list(values))),
    "dict": ("*a>m", data.dictionary),
    "get": ("ms>a", data.get),
    "set": ("msa>m", data.put),
    "unset": ("ms>m", data.unset),
    "hasKey": ("ms>b", data.has_key),
    "pluck": ("s*m>l", data.pluck),
    "keys": ("*m>t", data.keys),
    "pick": ("m*s>m", data.pick),
    "omit": ("m*s>m", data.omit),
    **dict.fromkeys(("merge", "mustMerge"), ("m*m>a", data.merge)),
    **dict.fromkeys(("mergeOverwrite", "mustMergeOverwrite"), ("m*m>a", data.merge_overwrite)),
    "values": ("m>l", data.values_of),
    **dict.fromkeys(("append", "push", "mustAppend", "mustPush"), ("aa>l", data.push)),
    **dict.fromkeys(("prepend", "mustPrepend"), ("aa>l", data.prepend)),
    **dict.fromkeys(("first", "mustFirst"), ("a>a", data.first)),
    **dict.fromkeys(("rest", "mustRest"), ("a>l", data.rest)),
    **dict.fromkeys(("last", "mustLast"), ("a>a", data.last)),
    **dict.fromkeys(("initial", "mustInitial"), ("a>l", data.initial)),
    **dict.fromkeys(("reverse", "mustReverse"), ("a>l", data.reverse)),
    **dict.fromkeys(("uniq", "mustUniq"), ("a>l", data.uniq)),
    **dict.fromkeys(("without", "mustWithout"), ("a*a>l", data.without)),
    **dict.fromkeys(("has", "mustHas"), ("aa>b", data.has)),
    **dict.fromkeys(("slice", "mustSlice"), ("a*a>a", data.slice_of)),
    "concat": ("*a>a", data.concat),
    "dig": ("*a>a", data.dig),
    **dict.fromkeys(("chunk", "mustChunk"), ("ia>k", data.chunk)),
}

_FUNCTIONS: dict[str, Func] = {
    **{name: _function(name, *how) for table in (_TEXT, _NUMBERS, _DATA) for name, how in table.items()},
    **{name: _refuse(name) for name in _REFUSED},
}
