"""Holds the proxy's verdicts on messages against those of h11, a strict parser written by others.

    differential.py PROGRAM [--seconds 30] [--seed N]

PROGRAM is the fuzz program, which FUZZ_TARGET=verdicts makes a server of verdicts. Messages are written by a grammar,
taken from the corpora, and mutated, all by a seed that is printed. Both parsers read each one. Where they differ, the
table below must know why, and which section of which RFC makes ours right; any other difference fails.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import random
import re
import struct
import subprocess
import sys
import threading
import time
from typing import Callable

import h11

CORPUS = pathlib.Path(__file__).parent / "corpus"


@dataclasses.dataclass(frozen=True)
class Message:
    """Bytes, and what they are read as: a request, or the response to a method."""

    kind: str  # "q", or the first letter of GET, HEAD or CONNECT
    data: bytes


@dataclasses.dataclass
class Verdict:
    """What a parser says: accepted, body (its end is missing), more (of the head) or refused (why)."""

    verdict: str
    error: str = ""
    line: tuple = ()
    fields: tuple = ()
    body: bytes = b""
    rest: int = 0


@dataclasses.dataclass(frozen=True)
class Difference:
    """A class of disagreement in which ours is right."""

    name: str
    section: str
    applies: Callable[[Message, Verdict, Verdict], bool]


def refused(error, pattern=None, flags=re.S):
    """We refuse for `error`, and the bytes show why."""

    def applies(message, ours, theirs):
        return ours.verdict == "refused" and ours.error == error and (
            pattern is None or re.search(pattern, message.data, flags) is not None)

    return applies


def only_h11_refuses(text, pattern):
    """h11 refuses with a text, where the bytes show that it need not."""

    def applies(message, ours, theirs):
        return theirs.verdict == "refused" and text in theirs.error and ours.verdict != "refused" and (
            re.search(pattern, message.data, re.S) is not None)

    return applies


# Where the two differ, and why ours is right. `h11` is lenient where RFC 9112 allows a recipient to be.
DIFFERENCES = [
    # We refuse, h11 accepts or waits.
    Difference("a bare LF ends a line", "RFC 9112, 2.2 (MAY accept)", refused("bareLineFeed", rb"(?<!\r)\n")),
    Difference("a bare CR in a line", "RFC 9112, 2.2 (MUST refuse)", refused("bareCarriageReturn", rb"\r(?!\n)")),
    Difference("a control character in a value", "RFC 9110, 5.5 (MUST refuse CR, LF, NUL; others MAY)",
               refused("controlCharacter", rb"[\x00-\x08\x0b-\x1f\x7f]")),
    Difference("a folded line", "RFC 9112, 5.2 (MUST refuse)", refused("obsoleteFolding", rb"\n[ \t]")),
    Difference("a folded value that is refused for its first line", "RFC 9112, 5.2 (MUST refuse)", lambda m, o, t: (
        o.verdict == "refused" and re.search(rb"(?i)\n[a-z-]+:[^\n]*\n[ \t]", m.data) is not None)),
    Difference("a malformed line that is not all there", "RFC 9112, 3", lambda m, o, t: (
        o.verdict == "refused" and t.verdict == "more")),
    Difference("a control character in the reason or the line", "RFC 9112, 4",
               refused("malformedStatusLine", rb"^HTTP/[^\n]*[^\t\x20-\x7e\x80-\xff\r]")),
    Difference("a target that is no path, URI or asterisk", "RFC 9112, 3.2", refused("invalidTarget")),
    Difference("a host that is none", "RFC 9112, 3.2 (MUST refuse)", refused("invalidHost", rb"(?i)\nhost:")),
    Difference("Host and target differ", "RFC 9112, 3.2.2 and 3.2.3", refused("hostMismatch", rb"^\s*(\S+ http://|CONNECT )")),
    Difference("both framings", "RFC 9112, 6.1 (may be refused)",
               refused("lengthWithTransferEncoding", rb"(?i)\ntransfer-encoding:")),
    Difference("a repeated Content-Length", "RFC 9112, 6.3 (5: MUST, unless equal)",
               refused("repeatedContentLength", rb"(?i)content-length:.*(content-length:|,)")),
    Difference("Content-Length beyond 63 bits", "RFC 9110, 8.6 (anticipate overflow)",
               refused("invalidContentLength", rb"(?i)content-length:[ \t]*\d{19,}")),
    Difference("Transfer-Encoding in HTTP/1.0", "RFC 9112, 6.1 (MUST treat as faulty)",
               refused("transferEncodingInOldVersion", rb"HTTP/1\.0")),
    Difference("an expectation that is not known", "RFC 9110, 10.1.1",
               refused("unknownExpectation", rb"(?i)\nexpect:")),
    Difference("a Connection that is no list of tokens", "RFC 9110, 7.6.1",
               refused("invalidConnection", rb"(?i)\nconnection:")),
    Difference("a length where no body can be", "RFC 9110, 8.6 (MUST NOT send)",
               refused("framingWithoutBody", rb"^HTTP/1\.\d (1\d\d|204)")),
    Difference("a length in a 2xx to CONNECT", "RFC 9110, 9.3.6 (MUST NOT send)",
               lambda m, o, t: m.kind == "C" and refused("framingWithoutBody", rb"^HTTP/1\.\d 2\d\d")(m, o, t)),
    Difference("a chunk size with blanks, or beyond 63 bits", "RFC 9112, 7.1 (MUST anticipate overflow)",
               refused("invalidChunkSize")),
    Difference("a chunk extension that is none, or is too long", "RFC 9112, 7.1.1",
               refused("invalidChunkExtension", rb"[; \t]")),
    Difference("a field that must not be a trailer", "RFC 9110, 6.5.1", refused("forbiddenTrailer")),
    Difference("a trailer line that is folded, ends with a bare LF, or is none", "RFC 9112, 7.1.2 and 5",
               refused("invalidTrailer", rb"\n[ \t]|(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b-\x1f\x7f]|\n[^:\n]*\n|0\r\n.")),
    Difference("no Host in HTTP/1.2 and above", "RFC 9110, 2.5 (as 1.1); RFC 9112, 3.2 (MUST refuse)",
               refused("missingHost", rb"HTTP/1\.[2-9]")),
    Difference("trailers beyond the limit", "RFC 9110, 5.4", refused("trailersTooLarge")),
    Difference("content in TRACE", "RFC 9110, 9.3.8 (MUST NOT send)",
               refused("contentInTrace", rb"^(\r\n)*TRACE .*(content-length|transfer-encoding)", re.S | re.I)),
    Difference("Max-Forwards that is no number, or there twice", "RFC 9110, 7.6.2",
               refused("invalidMaxForwards", rb"^(\r\n)*(TRACE|OPTIONS) .*max-forwards", re.S | re.I)),
    Difference("a major version that is not 1", "RFC 9110, 2.5 (505)",
               refused("unsupportedVersion", rb"HTTP/[02-9]\.")),
    # h11 refuses, we accept or wait.
    Difference("empty lines before a request", "RFC 9112, 2.2 (SHOULD ignore one)",
               only_h11_refuses("no request line received", rb"^\r\n")),
    Difference("half an empty line before a request", "RFC 9112, 2.2",
               only_h11_refuses("illegal request line", rb"^(\r\n)*\r$")),
    Difference("blanks before a chunk extension", "RFC 9112, 7.1.1 (MUST parse)",
               only_h11_refuses("illegal chunk header", rb"[0-9a-fA-F][ \t]+;")),
    Difference("101 that nobody asked for", "RFC 9110, 15.2.2: refused by the exchange, which knows the request",
               only_h11_refuses("without a pending proposal", rb"^HTTP/1\.\d 101")),
]


class Ours:
    """The server of verdicts."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"FUZZ_TARGET": "verdicts"})

    def verdicts(self, messages):
        """The verdicts on messages, in their order."""
        frames = b"".join(m.kind.encode() + struct.pack(">I", len(m.data)) + m.data for m in messages)
        # Apart, since either pipe may fill up while the other is not read.
        writer = threading.Thread(target=self._write, args=(frames,))
        writer.start()
        verdicts = []
        for message in messages:
            line = self.process.stdout.readline()
            if not line:
                sys.exit(f"the program ended at or before one of these: {[m.data for m in messages]}")
            verdicts.append(self._verdict(json.loads(line)))
        writer.join()
        return verdicts

    def _write(self, frames):
        try:
            self.process.stdin.write(frames)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    @staticmethod
    def _verdict(answer):
        if answer["verdict"] in ("more", "refused"):
            return Verdict(answer["verdict"], answer.get("error", ""))
        fields = tuple((bytes.fromhex(n).lower(), bytes.fromhex(v)) for n, v in answer["fields"])
        line = tuple(bytes.fromhex(part) for part in answer["line"])
        return Verdict(answer["verdict"], "", line, fields, bytes.fromhex(answer["body"]), answer["rest"])


METHODS = {"G": "GET", "H": "HEAD", "C": "CONNECT"}


def theirs_of(message):
    """h11's verdict."""
    if message.kind == "q":
        connection = h11.Connection(h11.SERVER)
    else:
        connection = h11.Connection(h11.CLIENT)
        target = "a:1" if message.kind == "C" else "/"
        connection.send(h11.Request(method=METHODS[message.kind], target=target, headers=[("Host", "a")]))
        connection.send(h11.EndOfMessage())
    connection.receive_data(message.data)
    verdict = Verdict("more")
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, (h11.Request, h11.Response, h11.InformationalResponse)):
                verdict.verdict = "body"
                verdict.fields = tuple(event.headers)
                switches = message.kind == "C" and isinstance(event, h11.Response) and event.status_code < 300
                if isinstance(event, h11.Request):
                    verdict.line = (event.method, event.target)
                else:
                    verdict.line = (str(event.status_code).encode(), event.reason)
                if isinstance(event, h11.InformationalResponse) or switches:
                    # What follows belongs to another message, or to another protocol.
                    verdict.verdict = "accepted"
                    verdict.rest = -1
                    return verdict
            elif isinstance(event, h11.Data):
                verdict.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                verdict.verdict = "accepted"
                verdict.rest = len(connection.trailing_data[0])
                return verdict
            else:
                return verdict
    except h11.RemoteProtocolError as error:
        return Verdict("refused", str(error))


def difference(message, ours, theirs):
    """What the two disagree about, in words; None when they agree."""
    if ours.verdict != theirs.verdict:
        return f"{ours.verdict} {ours.error}, h11 {theirs.verdict} {theirs.error}"
    if ours.verdict in ("refused", "more"):
        return None
    if ours.line != theirs.line:
        return f"line: {ours.line}, h11 {theirs.line}"
    # h11 makes the coding's letters small.
    fields = tuple((n, v.lower() if n == b"transfer-encoding" else v) for n, v in ours.fields)
    if fields != theirs.fields:
        return f"fields: {fields}, h11 {theirs.fields}"
    if ours.verdict == "accepted":
        if ours.body != theirs.body:
            return f"body: {ours.body}, h11 {theirs.body}"
        if theirs.rest >= 0 and ours.rest != theirs.rest:
            return f"{ours.rest} bytes left, h11 {theirs.rest}"
    return None


# MARK: Messages


WORDS = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b",", b";", b"\0", b"\x0b", b"\x7f", b"\x80", b"\xff", b"0", b"1", b"%",
    b"Content-Length: 5\r\n", b"Content-Length: 5, 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: a\r\n", b"+", b"-",
    b"Connection: close\r\n", b"Expect: 100-continue\r\n", b" HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"\r\n\r\n", b"\"",
    b"Transfer-Encoding: gzip, chunked\r\n", b"Upgrade: websocket\r\n", b"0\r\n\r\n", b";a=b", b"\x0c", b"\x85", b"@",
]
NAMES = [b"Accept", b"Cookie", b"X-A", b"Via", b"TE", b"Trailer", b"Upgrade", b"Keep-Alive", b"Date", b"Age",
         b"Content-Type", b"Accept-Encoding", b"X-Forwarded-For", b"a", b"User-Agent", b"ETag", b"!#$%&'*+-.^_`|~"]
VALUES = [b"", b"a", b"a, b", b"a  b", b"\t a \t", b"\xc3\xa4", b"gzip;q=1.0, *;q=0", b"\"a\\\"b\"", b"websocket", b"0"]


def chunks(random):
    """A body in chunks."""
    body = b""
    for _ in range(random.randrange(3)):
        data = bytes(random.randrange(256) for _ in range(random.randrange(1, 20)))
        size = (b"%x" if random.random() < 0.5 else b"%04X") % len(data)
        extension = random.choice([b"", b"", b";a", b";a=b", b";a=\"b;c\"", b" ; a = b"])
        body += size + extension + b"\r\n" + data + b"\r\n"
    trailers = b"".join(random.choice([b"X-Sum: 1\r\n", b"a:\r\n"]) for _ in range(random.choice([0, 0, 1, 2])))
    return body + random.choice([b"0", b"000"]) + b"\r\n" + trailers + b"\r\n"


def written(random, kind):
    """A message by the grammar, well-formed for the most part."""
    version = random.choice([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/1.5"])
    fields = [random.choice(NAMES) + b":" + random.choice([b"", b" ", b"\t "]) + random.choice(VALUES)
              for _ in range(random.randrange(5))]
    if kind == "q":
        target = random.choice([b"/", b"/a?b=c", b"http://a/b", b"http://a", b"/%41|[]", b"//a//b/../c"])
        line = random.choice([b"GET " + target, b"POST " + target, b"HEAD " + target, b"M-SEARCH " + target,
                              b"OPTIONS *", b"CONNECT a:1"]) + b" " + version
        if random.random() < 0.1:
            line = b"\r\n" + line
        if random.random() < 0.95:
            fields.append(b"Host: a")
    else:
        status = random.choice([b"200", b"200", b"200", b"304", b"404", b"204", b"101", b"103", b"999"])
        line = version + b" " + status + random.choice([b" OK", b" ", b"", b" \xe4 b"])
    body = b""
    framing = random.random() if kind == "q" or status not in (b"101", b"103", b"204") else 1
    if version == b"HTTP/1.0":
        framing = max(framing, 0.35)
    if framing < 0.35:
        body = chunks(random)
        fields.append(b"Transfer-Encoding: " + random.choice([b"chunked", b"chunked", b"Chunked", b"CHUNKED\t"]))
    elif framing < 0.7:
        body = b"x" * random.randrange(20)
        fields.append(b"Content-Length: " + random.choice([b"%d", b"%d", b"%03d"]) % len(body))
    if random.random() < 0.2:
        fields.append(b"Connection: " + random.choice([b"close", b"keep-alive, X-A", b", ,upgrade"]))
    random.shuffle(fields)
    return b"\r\n".join([line, *fields]) + b"\r\n\r\n" + body + random.choice([b"", b"", b"GET / HTTP/1.1\r\n", b"\0x"])


def mutated(random, data):
    """A message with a few places changed."""
    data = bytearray(data)
    for _ in range(random.choice([0, 0, 1, 1, 2, 3])):
        place = random.randrange(len(data) + 1)
        choice = random.randrange(7)
        if choice == 0 and place < len(data):
            data[place] = random.randrange(256)
        elif choice == 1:
            data[place:place] = random.choice(WORDS)
        elif choice == 2:
            del data[place:place + random.randrange(1, 4)]
        elif choice == 3:
            data[place:place] = data[place:place + random.randrange(1, 30)]
        elif choice == 4:
            del data[place:]
        elif choice == 5 and place < len(data):
            data[place:place + 1] = random.choice(WORDS)
        else:
            lines = bytes(data).split(b"\r\n")
            random.shuffle(lines[1:])
            index = random.randrange(len(lines))
            lines.insert(index, random.choice(lines))
            data = bytearray(b"\r\n".join(lines))
    return bytes(data)


def messages(random):
    """Messages without end."""
    kept = {"q": [], "s": []}
    for folder, kind in (("request", "q"), ("response", "s")):
        kept[kind] = [path.read_bytes() for path in sorted((CORPUS / folder).iterdir())]
    bodies = [path.read_bytes() for path in sorted((CORPUS / "body").iterdir())]
    while True:
        kind = random.choice(["q", "q", "q", "G", "G", "H", "C"])
        choice = random.random()
        if choice < 0.7:
            data = written(random, kind)
        elif choice < 0.8 and bodies:
            line = b"POST / HTTP/1.1\r\nHost: a\r\n" if kind == "q" else b"HTTP/1.1 200 OK\r\n"
            data = line + b"Transfer-Encoding: chunked\r\n\r\n" + random.choice(bodies)
        else:
            data = random.choice(kept["q" if kind == "q" else "s"])
        data = mutated(random, data)
        # h11 takes nothing for the end of the connection.
        if data:
            yield Message(kind, data)


# MARK: Comparing


def explanation(message, ours, theirs):
    """The difference of the table that applies; None when there is none."""
    return next((d for d in DIFFERENCES if d.applies(message, ours, theirs)), None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--show", type=int, default=10, help="how many unexplained disagreements are shown")
    arguments = parser.parse_args()
    seed = random.randrange(1 << 32) if arguments.seed is None else arguments.seed
    print(f"differential: seed {seed}", flush=True)
    ours = Ours(arguments.program)
    source = messages(random.Random(seed))
    tally = collections.Counter()
    verdicts = collections.Counter()
    unexplained = 0
    count = 0
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end and unexplained < arguments.show:
        batch = [next(source) for _ in range(200)]
        for message, mine in zip(batch, ours.verdicts(batch)):
            count += 1
            other = theirs_of(message)
            verdicts[mine.verdict] += 1
            what = difference(message, mine, other)
            if what is None:
                continue
            known = explanation(message, mine, other)
            if known is not None:
                tally[known] += 1
                continue
            unexplained += 1
            print(f"UNEXPLAINED {message.kind} {message.data!r}\n    {what}")
    print(f"differential: {count} messages, ours {dict(verdicts)}")
    for known, number in tally.most_common():
        print(f"    {number:7d}  {known.name} ({known.section})")
    if unexplained:
        sys.exit(f"differential: {unexplained} unexplained; replay with --seed {seed}")


main()
