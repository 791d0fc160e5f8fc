# SPDX-License-Identifier: Apache-2.0
"""Forms of secrets in text, besides ``name=value`` and plain URLs: keys, XML elements, settings, command lines,
headers, and percent-encoded text.

Texts come from servers and clients. No pattern here tries a character often, and what may be an ordinary sentence stays
one.
"""

import itertools
import re
from collections.abc import Callable, Iterator

from ironic_lite.common.redaction import expressions
from ironic_lite.common.redaction.names import MASK, is_secret_key

Span = tuple[int, int]

_PRIVATE_KEY = expressions.compile(r"(?<=PRIVATE KEY-----)[^-]++|(?<=PRIVATE KEY BLOCK-----)[^-]++")

_ELEMENT = expressions.compile(
    r"(?:<|&lt;)(?P<name>[\w:.-]++)(?:\s[^<>&]*+)?(?<!/)(?:>|&gt;)", re.IGNORECASE
)

_QUOTED = r"""\\*+['"](?P<name>[^'"\\]++)\\*+['"]"""
_IS = r"""\\*+['"]?\s*+(?:=>|:=|[=:])\s*+"""
_VALUE = expressions.compile(rf"(?<![\w-])value{_IS}", re.IGNORECASE)
_NAME_OF_VALUE = expressions.compile(rf"(?<![\w-])(?:name|key|path){_IS}{_QUOTED}", re.IGNORECASE)
_PLAIN = expressions.compile(
    r"""(?P<quote>\\*+['"])(?P<quoted>(?:(?!(?P=quote))[\s\S])++)|(?P<bare>[^'",\s}&>\]]++)"""
)
_NEAR = 300
"""Maximum distance in characters between a setting's name and its value."""

_ARGUMENTS = expressions.compile(rf"(?<![\w-])arg(?:s|uments){_IS}[\[(]\s*+{_QUOTED}\s*+,\s*+")

# Between an option and its value: spaces, or the separator of items in a printed list.
_NEXT = r"""(?:\\*+['"]\s*+,\s*+\\*+['"]|\s++['"]?)"""
_LONG_OPTION = expressions.compile(
    rf"(?<![\w-])--?(?P<name>[a-zA-Z][\w-]++){_NEXT}(?P<secret>[^\s'\"-][^\s'\"]*+)"
)
_SENTENCE = expressions.compile(
    r"(?:and|are|as|at|but|by|can|cannot|does|for|from|has|if|in|is|may|must|needs?|not|of|on|option|or|requires?|set"
    r"|should|that|to|was|were|when|which|will|with|without)\Z"
)
_OPTIONS = {
    "ipmitool": "Pky",
    "sshpass": "p",
    "curl": "uUb",
    "mysql": "p",
    "mariadb": "p",
    "mysqldump": "p",
    "racadm": "p",
    "redfishtool": "p",
    "ldapsearch": "w",
}
_FREEIPMI = "pk"
_HINTS = (*_OPTIONS, "ipmi", "bmc")
_PROGRAM = expressions.compile(
    rf"(?<![\w.-])(?P<name>{'|'.join(_OPTIONS)}|(?:ipmi|bmc)-?[a-z]++)(?![\w.-])", re.IGNORECASE
)
_SHORT_OPTION = expressions.compile(
    rf"(?<![\w-])-(?P<name>[a-zA-Z]){_NEXT.replace('|', '|=?')}?+(?P<secret>[^\s'\"-][^\s'\"]*+)"
)

_CREDENTIALS = expressions.compile(
    r"""(?:(?<=:\\/\\/)|(?<![:\w/\\]//)(?<=//))(?P<slashed>[^\s@"'<>]++)@
    | (?<![\w@/:.%+-])(?P<user>[a-zA-Z][\w.%+-]*+):(?P<secret>[^\s:@/"'<>,;(){}\[\]]++)@(?=[\w\[])(?!sha\d)""",
    re.VERBOSE,
)
_MAILS = frozenset(
    {"mailto", "to", "from", "cc", "bcc", "sip", "sips", "xmpp", "by", "user", "mail", "email"}
)

_ENCODED_QUOTE = r"%(?:25)*+2[27]"
_ENCODED_CREDENTIALS = expressions.compile(
    r"%(?:25)*+3[aA](?:%(?:25)*+2[fF]){2}(?P<secret>(?:(?!%(?:25)*+(?:2[fF]|40))[^\s\"'<>&])++)%(?:25)*+40"
)
_ENCODED = expressions.compile(
    rf"""(?<![\w-])(?P<name>[\w-]++)(?:%(?:25)*+5[cC])*+(?:{_ENCODED_QUOTE})?+(?:%(?:25)*+20|\+)*+
    %(?:25)*+3[aAdD](?:%(?:25)*+20|\+)*+
    (?:
        {_ENCODED_QUOTE}(?P<quoted>(?:(?!{_ENCODED_QUOTE})[^\s"'<>&])++)
        | (?P<bare>(?:(?!%(?:25)*+(?:2[267cC]|7[dD]|0[aA]|3[bB]))[^\s"'<>&])++)
    )""",
    re.VERBOSE,
)

_COOKIE = expressions.compile(
    r"(?<![\w-])(?:set-)?cookie2?\\*+['\"]?\s*+:\s*+\\*+['\"]?", re.IGNORECASE
)
_SEVERAL_PARTS = expressions.compile(
    r"(?<![\w-])(?:proxy-)?authorization\\*+['\"]?\s*+:\s*+\\*+['\"]?(?:digest|hawk|signature|aws4-[\w-]++)\s++",
    re.IGNORECASE,
)
_LINE = expressions.compile(r"(?:(?!\\r|\\n)[^\r\n])++")
_SCHEME = expressions.compile(
    r"(?<![\w-])(?:bearer|basic)\s++(?P<secret>[\w.~+/-]{8,}+=*+)", re.IGNORECASE
)
_DIGIT = expressions.compile(r"\d")


def mask(text: str) -> str:
    """Return the text with secrets of these forms masked; the text itself when there are none."""
    found = sorted(span for form in _FORMS for span in form(text))
    kept, done = [], 0
    for start, end in found:
        if start >= done:
            kept += [text[done:start], MASK]
        done = max(done, end)
    return "".join(kept) + text[done:] if found else text


def is_private_key(text: str) -> bool:
    """Tell whether the text has a private key in PEM format."""
    return "PRIVATE KEY" in text and _PRIVATE_KEY.search(text) is not None


def _private_keys(text: str) -> Iterator[Span]:
    if "PRIVATE KEY" in text:
        for found in _PRIVATE_KEY.finditer(text):
            yield found.span()


def _elements(text: str) -> Iterator[Span]:
    """Find the contents between ``<password>`` and ``</password>``."""
    for found in _ELEMENT.finditer(text) if "<" in text or "&lt;" in text else ():
        if is_secret_key(found["name"]):
            for end in (f"</{found['name']}", f"&lt;/{found['name']}"):
                if (place := text.find(end, found.end())) > found.end():
                    yield found.end(), place


def _settings(text: str) -> Iterator[Span]:
    """Find the value of ``{"name": "AdminPassword", "value": ...}``, in any order."""
    for found in _VALUE.finditer(text) if "alue" in text else ():
        value = _PLAIN.match(text, found.end())
        if value is None:
            continue
        before = re.split(r"[{}<>\[\]]", text[max(0, found.start() - _NEAR) : found.start()])[-1]
        behind = re.split(r"[{}<>\[\]]", text[value.end() : value.end() + _NEAR])[0]
        names = (*_NAME_OF_VALUE.finditer(before), *_NAME_OF_VALUE.finditer(behind))
        if any(is_secret_key(name["name"]) for name in names):
            yield value.span("quoted" if value["quote"] else "bare")


def _arguments(text: str) -> Iterator[Span]:
    """Find the value that is set by ``"args": ["/driver_info/ipmi_password", ...]``."""
    for found in _ARGUMENTS.finditer(text) if "arg" in text else ():
        if is_secret_key(found["name"]) and (value := _PLAIN.match(text, found.end())) is not None:
            yield value.span("quoted" if value["quote"] else "bare")


def _options(text: str) -> Iterator[Span]:
    """Find the passwords of command lines."""
    if " -" not in text and "'-" not in text and '"-' not in text:
        return
    for found in _LONG_OPTION.finditer(text):
        if is_secret_key(found["name"]) and not _SENTENCE.match(found["secret"].lower()):
            yield found.span("secret")
    # Searching for a word is much cheaper than searching for a pattern.
    named = any(name in text.lower() for name in _HINTS)
    programs = [*_PROGRAM.finditer(text), None] if named else []
    for program, following in itertools.pairwise(programs):
        assert program is not None
        secret = _OPTIONS.get(program["name"].lower(), _FREEIPMI)
        end = len(text) if following is None else following.start()
        for option in _SHORT_OPTION.finditer(text, program.end(), end):
            if option["name"] in secret:
                yield option.span("secret")


def _credentials(text: str) -> Iterator[Span]:
    """Find user and password before an ``@``, without a scheme, or with escaped or percent-encoded slashes."""
    for found in _CREDENTIALS.finditer(text) if "@" in text else ():
        if found["slashed"] is not None:
            yield found.span("slashed")
        elif found["user"].lower() not in _MAILS:
            yield found.span("secret")
    for found in _ENCODED_CREDENTIALS.finditer(text) if "40" in text else ():
        yield found.span("secret")


def _encoded(text: str) -> Iterator[Span]:
    """``%22password%22%3A%22...``, ``password%3D...``"""
    for found in _ENCODED.finditer(text) if "%" in text else ():
        if is_secret_key(found["name"]):
            yield found.span("quoted" if found["quoted"] else "bare")


def _headers(text: str) -> Iterator[Span]:
    """Find headers whose values have several parts, and credentials without a header."""
    lower = text.lower()
    for word, pattern in (("cookie", _COOKIE), ("authorization", _SEVERAL_PARTS)):
        for found in pattern.finditer(text) if word in lower else ():
            if (line := _LINE.match(text, found.end())) is not None:
                yield line.start(), _end_of_header(text, found, line)
    for found in _SCHEME.finditer(text) if "bearer" in lower or "basic" in lower else ():
        if _DIGIT.search(found["secret"]):
            yield found.span("secret")


def _end_of_header(text: str, name: re.Match[str], line: re.Match[str]) -> int:
    """Return the end of the line, or of the quotation around the header."""
    before = text[name.start() - 1 : name.start()]
    inner = name[0].rstrip()[-1:]
    for quote in (inner, before):
        if quote in ("'", '"') and (end := text.find(quote, line.start(), line.end())) >= 0:
            return end
    return line.end()


_FORMS: tuple[Callable[[str], Iterator[Span]], ...] = (
    _private_keys,
    _elements,
    _settings,
    _arguments,
    _options,
    _credentials,
    _encoded,
    _headers,
)
