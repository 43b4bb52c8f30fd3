"""Times, durations, numbers and JSON as Go reads and prints them, with Python's own as the reference."""

from __future__ import annotations

import datetime
import json
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines.expression import gojson, golayout, gotime, numbers
from kai_pipelines.expression.printing import quote

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc<é", max_size=4), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (123456.0, "123456"),
        (1e6, "1e+06"),
        (1.5e-5, "1.5e-05"),
        (0.0001, "0.0001"),
        (math.inf, "+Inf"),
        (math.nan, "NaN"),
        (1e21, "1e+21"),
        (2.5, "2.5"),
    ],
)
def test_a_float_prints_as_in_go(value: float, text: str) -> None:
    assert numbers.format_float(value) == text


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False))
def test_a_printed_float_reads_back_to_the_same_bits(value: float) -> None:
    if math.isinf(value):
        return
    assert struct.pack("d", numbers.parse_float(numbers.format_float(value))) == struct.pack("d", value)


@pytest.mark.parametrize("text", ["", "+", "1_", "0x", "abc", "1e", "9223372036854775808", " 1", "1.0"])
def test_what_is_no_integer_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        numbers.parse_int(text)


def test_integers_with_prefixes_are_read_when_asked() -> None:
    assert [numbers.parse_int(text, 0) for text in ("0x1f", "0b11", "0o17", "017", "1_000", "-0x8")] == [
        31,
        3,
        15,
        15,
        1000,
        -8,
    ]


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)))
def test_a_time_reads_back_from_what_it_prints(moment: datetime.datetime) -> None:
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + f".{moment.microsecond:06d}Z"
    time = gotime.parse_time(golayout.RFC3339, text)
    since = moment - datetime.datetime(1970, 1, 1)
    assert time.nanoseconds == (since // datetime.timedelta(microseconds=1)) * 1000
    assert gotime.parse_time(golayout.RFC3339, gotime.format_time(time, golayout.RFC3339_NANO)) == time
    assert time.civil() == (moment.year, moment.month, moment.day)
    assert gotime.format_time(time, "Mon") == golayout.DAYS[moment.isoweekday() % 7][:3]


@pytest.mark.parametrize("text", ["2024-02-30", "2024-13-01", "24-01-01", "2024-01-01x", "2024-1-1", ""])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        gotime.parse_time("2006-01-02", text)


@pytest.mark.parametrize(
    ("text", "nanoseconds", "printed"),
    [
        ("1h30m", 5400 * 10**9, "1h30m0s"),
        ("-1.5s", -15 * 10**8, "-1.5s"),
        ("2us", 2000, "2µs"),
        ("0", 0, "0s"),
        ("1ms1ns", 1_000_001, "1.000001ms"),
        (".5h", 1800 * 10**9, "30m0s"),
    ],
)
def test_a_duration_is_read_and_printed(text: str, nanoseconds: int, printed: str) -> None:
    duration = gotime.parse_duration(text)
    assert (int(duration), duration.go_string()) == (nanoseconds, printed)


@pytest.mark.parametrize("text", ["", "1", "1x", "s", "1h-1m", "99999999999h", "--1s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        gotime.parse_duration(text)


@settings(max_examples=100, deadline=None)
@given(JSON_VALUES)
def test_json_reads_back_and_no_markup_is_left_in_it(value: object) -> None:
    text = gojson.marshal(value)
    assert json.loads(text, parse_int=float) == value  # a large float is written without an exponent
    assert not set("<>&\u2028") & set(text)
    assert json.loads(gojson.marshal(value, indent="  "), parse_int=float) == value


@pytest.mark.parametrize("text", ["NaN", "[1,]", "{'a': 1}", "01", '"\x01"', "1e999", "\ufeff1", "[1] 2", ""])
def test_json_that_go_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        gojson.unmarshal(text)


def test_quoting_escapes_what_cannot_be_printed() -> None:
    assert quote('a"\\\n\x01\x7f\u2028é\U0001f600\udc80') == '"a\\"\\\\\\n\\x01\\x7f\\u2028é😀\\x80"'


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 1000), st.integers(-30, 30))
def test_a_power_is_that_of_the_mathematics(base: float, exponent: int) -> None:
    assert numbers.power(base, float(exponent)) == pytest.approx(math.pow(base, exponent), rel=1e-13)


@pytest.mark.parametrize(
    ("base", "exponent", "value"),
    [(0.0, -1.0, math.inf), (-0.0, -3.0, -math.inf), (-2.0, 3.0, -8.0), (10.0, 400.0, math.inf), (-10.0, 401.0, -math.inf), (10.0, -400.0, 0.0), (9.0, 0.5, 3.0)],
)  # fmt: skip
def test_a_power_out_of_range_is_infinite_or_nothing(base: float, exponent: float, value: float) -> None:
    assert numbers.power(base, exponent) == value
