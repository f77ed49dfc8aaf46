"""Opening what an owner downloaded: a file, a gzip, a zip or a folder, without trusting its names, sizes or lines."""

import functools
import gzip
import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import IO, cast

from officina.kernel.errors import ParseError

_LONGEST_LINE = 1 << 20
_LARGEST = 6 << 30
_DENSEST = 200
"""Text packs about tenfold; a zip that promises two hundredfold is made to fill the disk."""
_MOST_MEMBERS = 500
_MOST_BLANK = 10_000
"""Empty lines on end: hundreds of millions of them, packed small, would keep the reader busy for hours."""
_CHUNK = 1 << 20
_HEAD = 1 << 16
_SPOILT = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    IndexError,
)
"""What the standard library says of an archive that was cut, bent or made by hand."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside what was given. `inside` is its name in a zip, empty where the path is the file itself."""

    path: Path
    name: str
    size: int
    inside: str = ""
    dated: date | None = None
    stamp: int = 0
    """When the path was last written: a file that is downloaded anew is another file."""

    def head(self) -> bytes:
        """The first bytes, to tell what it is."""
        return _head(self)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes, unpacked; a damaged or swollen archive is a ParseError wherever in the reading it shows."""
        try:
            with _raw(self) as raw, io.BufferedReader(_Counted(raw, self), _CHUNK) as stream:
                yield stream
        except _SPOILT as problem:
            raise ParseError(
                "whole file", where=self.name, expected="an archive that unpacks", got=str(problem)
            ) from None

    def lines(self, *, open_end: bool = False) -> Iterator[tuple[int, bytes]]:
        """Lines with their number, without the line end; ParseError for one longer than a megabyte.

        And for a last one without its line end, since half a number is a number, unless the publisher leaves it out (`open_end`).
        """
        with self.open() as stream:
            number = blank = 0
            while line := stream.readline(_LONGEST_LINE + 1):
                number += 1
                blank = blank + 1 if len(line) <= 2 else 0
                if blank > _MOST_BLANK:
                    raise ParseError(
                        "table", where=f"{self.name} line {number}", expected="rows", got="empty lines only"
                    )
                if len(line) > _LONGEST_LINE:
                    raise ParseError(
                        "line", where=f"{self.name} line {number}", expected="at most a megabyte", got=line[:60]
                    )
                if not line.endswith(b"\n") and not open_end:
                    where = f"{self.name} line {number}"
                    raise ParseError(
                        "whole file", where=where, expected="a line end after the last line", got=line[-60:]
                    )
                yield number, line.rstrip(b"\r\n")


@functools.lru_cache(_MOST_MEMBERS)
def _head(member: Member) -> bytes:
    with member.open() as stream:
        return stream.read(_HEAD)


@contextmanager
def _raw(member: Member) -> Iterator[IO[bytes]]:
    with ExitStack() as opened:
        if member.inside:
            archive = opened.enter_context(zipfile.ZipFile(member.path))
            yield opened.enter_context(archive.open(member.inside))
            return
        plain = opened.enter_context(member.path.open("rb"))
        packed = _is_gzip(member.path)
        yield cast("IO[bytes]", opened.enter_context(gzip.GzipFile(fileobj=plain))) if packed else plain


class _Counted(io.RawIOBase):
    """A stream that stops when more comes out of an archive than text can hold."""

    def __init__(self, raw: IO[bytes], member: Member) -> None:
        self._raw, self._member, self._count = raw, member, 0
        self._most = min(_LARGEST, max(member.size * _DENSEST, _CHUNK) if _is_packed(member) else _LARGEST)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands over
        data = self._raw.read(len(buffer))
        self._count += len(data)
        if self._count > self._most:
            raise ParseError(
                "file of text",
                where=self._member.name,
                expected="an archive that holds what text can hold",
                got="far more",
            )
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was given, opened: its members by name, and the checksum of the whole."""

    path: Path
    members: tuple[Member, ...]
    sha256: str

    def named(self, *names: str) -> Member | None:
        """The member whose own name, without folders and case, is one of these."""
        found = [m for m in self.members if m.name.lower() in names]
        # RxNorm's full release holds its prescribable part once more, a folder deeper.
        return min(found, key=lambda m: len(str(m.path / m.inside)), default=None)


def open_bundle(path: Path) -> Bundle:
    """Open a file, gzip, zip or folder; ParseError where it is missing, empty or made to do harm."""
    if path.is_dir():
        members = tuple(m for p in sorted(path.rglob("*")) if p.is_file() for m in _members(p))
        return Bundle(path, members, _sha256(m.path for m in members))
    if not path.is_file():
        raise ParseError("file", where=str(path), expected="a file, a zip or a folder that is there", got=path.name)
    return Bundle(path, _members(path), _sha256([path]))


def _members(path: Path) -> tuple[Member, ...]:
    if path.stat().st_size == 0:
        raise ParseError("file", where=path.name, expected="something in it", got="")
    if not zipfile.is_zipfile(path):
        if _starts(path, b"PK\x03\x04"):
            raise ParseError("zip", where=path.name, expected="the end of the archive: it was cut off", got="PK")
        return (Member(path, path.name, path.stat().st_size, stamp=path.stat().st_mtime_ns),)
    infos = _contents(path)
    if len(infos) > _MOST_MEMBERS:
        raise ParseError("zip", where=path.name, expected=f"at most {_MOST_MEMBERS} files", got=len(infos))
    return tuple(_checked(path, info) for info in infos)


def _contents(path: Path) -> list[zipfile.ZipInfo]:
    """The files that a zip lists; ParseError where its list is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [i for i in archive.infolist() if not i.is_dir()]
    except (*_SPOILT, UnicodeError) as problem:
        raise ParseError("zip", where=path.name, expected="an archive whose list is whole", got=str(problem)) from None


def _checked(path: Path, info: zipfile.ZipInfo) -> Member:
    name = PurePosixPath(info.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in info.filename or ":" in info.filename:
        raise ParseError("name in a zip", where=path.name, expected="a file below the archive", got=info.filename)
    if info.flag_bits & 1:
        raise ParseError("zip", where=path.name, expected="one without a password", got=info.filename)
    if info.file_size > min(_LARGEST, max(info.compress_size, 1) * _DENSEST + _CHUNK):
        got = f"{info.filename}: {info.compress_size} bytes that unpack to {info.file_size}"
        raise ParseError("file of text", where=path.name, expected="an archive that holds what text can hold", got=got)
    return Member(path, name.name, info.compress_size, info.filename, _dated(info), path.stat().st_mtime_ns)


def _dated(info: zipfile.ZipInfo) -> date | None:
    year, month, day = info.date_time[:3]
    try:
        return date(year, month, day) if year > 1980 else None
    except ValueError:
        return None


def _starts(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _is_gzip(path: Path) -> bool:
    return _starts(path, b"\x1f\x8b")


def _is_packed(member: Member) -> bool:
    return bool(member.inside) or _is_gzip(member.path)


def _sha256(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
