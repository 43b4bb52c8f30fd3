"""Take out of a JPEG or PNG file what says who took it, where and with what, without touching its pixels."""

from __future__ import annotations

import re
import struct
import zlib

_EXIF = b"Exif\0\0"
_JFIF = b"JFIF\0"
_PROFILE = b"ICC_PROFILE\0"
_NEXT_MARKER = re.compile(rb"\xff(?![\x00\xff\xd0-\xd7])")
"""In compressed data: FF 00 is a byte, D0–D7 are restarts."""
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP"}
)


class Unparsable(Exception):
    """The file is not laid out as its kind should be."""


def stripped_jpeg(content: bytes, exif: bytes) -> bytes:
    """The first picture of a JPEG file with `exif` (may be empty) as its only metadata; color profiles stay.

    Comments, XMP, maker's notes, thumbnails, further pictures and films after the first picture are gone.
    """
    if content[:2] != b"\xff\xd8":
        raise Unparsable
    head = struct.pack(">H", len(exif) + 2) if exif else b""
    kept = [b"\xff\xd8", b"\xff\xe1" + head + exif if exif else b""]
    at = 2
    while True:
        found = _NEXT_MARKER.search(content, at)
        if found is None or found.start() + 4 > len(content):
            if found is not None and content[found.start() :] == b"\xff\xd9":
                kept += [content[at : found.start()], b"\xff\xd9"]
                return b"".join(kept)
            raise Unparsable
        kept.append(content[at : found.start()])  # the compressed data of a scan, if any
        kind, start = content[found.start() + 1], found.start()
        if kind == 0xD9:
            return b"".join([*kept, b"\xff\xd9"])
        end = start + 2 + struct.unpack(">H", content[start + 2 : start + 4])[0]
        if end > len(content) or end < start + 4:
            raise Unparsable
        body = content[start + 4 : end]
        if kind == 0xE0 and body.startswith(_JFIF):
            kept.append(b"\xff\xe0\x00\x10" + body[:12] + b"\0\0")  # without its thumbnail
        elif _is_needed(kind, body):
            kept.append(content[start:end])
        at = end


def _is_needed(kind: int, body: bytes) -> bool:
    """Whether a JPEG segment says how the pixels are to be read."""
    if kind == 0xE2:
        return body.startswith(_PROFILE)
    return kind == 0xEE if 0xE0 <= kind <= 0xEF else kind != 0xFE


def stripped_png(content: bytes, exif: bytes) -> bytes:
    """The first picture of a PNG file with `exif` (may be empty) as its only metadata; color profiles stay."""
    if not content.startswith(_PNG_HEAD):
        raise Unparsable
    kept, at = [_PNG_HEAD], len(_PNG_HEAD)
    while at + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        end = at + 12 + length
        if end > len(content):
            raise Unparsable
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        if kind == b"IHDR" and exif:
            kept.append(_chunk(b"eXIf", exif.removeprefix(_EXIF)))
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    raise Unparsable


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
