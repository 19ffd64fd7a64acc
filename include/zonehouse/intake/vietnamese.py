"""Vietnamese text that is not Unicode NFC, and what it says: old fonts' encodings, typed marks, look-alikes, mojibake.

Nothing is converted on a hunch. A word is left alone when it is a Vietnamese syllable as it stands, and a conversion
counts only when it makes syllables of *all* words that are none; foreign names (``Société``, ``Müller``) make none.
Words that read in two ways, or in one way that a foreign name could be too, are doubtful and stay as they are.

Tables: TCVN3 is TCVN 5712:1993 VN3 (the fonts .VnTime; the same bytes as glibc's ``TCVN`` from A1 on); VNI is the
Windows encoding of VNI Software (VNI-Times); VIQR is RFC 1456. Runs in the reader process; imports nothing heavy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_TONES = {"\u0300": "`", "\u0301": "'", "\u0309": "?", "\u0303": "~", "\u0323": "."}
_TONE_OF = {sign: mark for mark, sign in _TONES.items()}
_STOPS = ("c", "ch", "p", "t")
_ONSETS_TOLD = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_ONSETS = frozenset(("", *_ONSETS_TOLD.split()))
_RIMES_TOLD = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et
    ê êc êch êm ên êng ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu o oa oac oach oai oam oan
    oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp
    ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uân uâng uât uây uê uêch uên uênh uêu uơ uôc uôi uôm uôn uông uôt uy
    uya uych uyên uyêt uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt
    yêu yn ynh yp yt yu"""
_RIMES = frozenset(_RIMES_TOLD.split())
# No word begins behind a digit, and a micro sign before a unit is just that: ``500µm``, ``25 µg``.
_WORD = re.compile(r"(?<!\d)(?![µ\u03bc](?:[mglsFVAW]|mol)?(?![^\W\d_]))[^\s!-/:-@\[-`{-~0-9–—“”‘’…•]+")
# A sign that is no letter of a Western language, or two letters running that are not ASCII.
_NOT_LATIN = re.compile(r"[¡-¿×÷\u00ad\u03bc]|[^\x00-\x7f]{2}")

_TCVN3 = dict(
    zip(
        "¡¢§£¤¥¦¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ĂÂĐÊÔƠƯăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
) | {"\u03bc": "à"}  # programs turn the micro sign into the Greek letter

_VNI_MARKS = {
    "a": dict(zip("ùøûõïâáàåãäêéèúüë", "áàảãạâấầẩẫậăắằẳẵặ", strict=True)),
    "e": dict(zip("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip("ùøûõïâáàåãä", "óòỏõọôốồổỗộ", strict=True)),
    "ô": dict(zip("ùøûõï", "ớờởỡợ", strict=True)),
    "u": dict(zip("ùøûõï", "úùủũụ", strict=True)),
    "ö": dict(zip("ùøûõï", "ứừửữự", strict=True)),
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
}
_VNI_SINGLE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI = {
    base_case(base) + mark_case(mark): upper(made)
    for base, marks in _VNI_MARKS.items()
    for mark, made in marks.items()
    for base_case, mark_case, upper in (
        (str, str, str),
        (str.upper, str.upper, str.upper),
        (str.upper, str, str.upper),
    )
} | {key: made for low, single in _VNI_SINGLE.items() for key, made in ((low, single), (low.upper(), single.upper()))}
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

_VIQR_LETTERS = {"a^": "â", "a(": "ă", "e^": "ê", "o^": "ô", "o+": "ơ", "o*": "ơ", "u+": "ư", "u*": "ư", "dd": "đ"}
_VIQR_LETTER = re.compile(r"[aeo]\^|a\(|[ou][+*]|dd", re.IGNORECASE)
_VIQR_WORD = re.compile(r"[A-Za-z](?:[A-Za-z]|[\^(+*](?=\S|$)|['`?~.](?!\w*\d))*")
_VIQR_SIGNAL = re.compile(r"[aeo]\^|[ou]\+|a\([a-z]|[ou]\*[a-z]|dd[aeiouy]", re.IGNORECASE)
_VIQR_TONE = re.compile(r"([aeiouyâăêôơư])(['`?~.])", re.IGNORECASE)

_LOOK_ALIKES = str.maketrans("ƢƣÐðÑñƉɖ", "ƯưĐđĐđĐđ")
_NEVER_VIETNAMESE = re.compile(r"[ƢƣƉɖ]")

# What no repair brings back: the replacement character, private use, C1 controls, a question mark inside a word.
_LOST = re.compile(r"[\ufffd\ue000-\uf8ff\x80-\x9f]|[A-Za-zÀ-ỹ]\?[A-Za-zÀ-ỹ]|\?{3,}")
_SYMBOL_IN_WORD = re.compile(r"[^\W\d_][¡-©«-¹»-¿×÷\u00ad]|[¡-©«-¹»-¿×÷\u00ad][^\W\d_]")
_MOJIBAKE = re.compile(r"[ÃÄÅÆá][\x80-\xbf\u0152-\u2122»º]")


@dataclass(frozen=True)
class Mended:
    """Text in NFC and the encoding it came from; ``is_sure`` is False where a foreign name might look the same."""

    text: str
    encoding: str
    is_sure: bool = True


@lru_cache(maxsize=16_384)
def is_plausible(word: str) -> bool:
    """Whether every part of ``word`` that is not ASCII is a Vietnamese syllable in one letter case."""
    return all(_is_syllable(part) for part in _WORD.findall(word) if not part.isascii())


def repaired(text: str, known: frozenset[str] = frozenset()) -> Mended | None:
    """The text in NFC when it was in another encoding; None when it is right, foreign, doubtful or lost.

    Args:
        known: encodings that the sheet's labels proved (``TCVN3`` …): then a single word is enough.
    """
    found = readings(text, frozenset(known))
    return found[0] if len(found) == 1 and found[0].is_sure else None


def is_doubtful(text: str, known: frozenset[str] = frozenset()) -> bool:
    """Whether the text may be in an old encoding, but might as well be right, or reads in more than one way."""
    return bool(found := readings(text, frozenset(known))) and (len(found) > 1 or not found[0].is_sure)


def is_lost(text: str) -> bool:
    """Whether letters of the text are gone or cannot be told."""
    if _LOST.search(text) is not None:
        return True
    return not text.isascii() and _SYMBOL_IN_WORD.search(text) is not None and not readings(text)


def spellings(text: str) -> Iterator[Mended]:
    """Every way that a label can be read; for labels alone, as a match with the form's own proves the reading."""
    composed = unicodedata.normalize("NFC", text)
    for encoding, decode in _DECODERS.items():
        try:
            decoded = decode(composed)
        except ValueError:
            continue
        if decoded != composed:
            yield Mended(decoded, encoding)


@lru_cache(maxsize=16_384)
def readings(text: str, known: frozenset[str] = frozenset()) -> tuple[Mended, ...]:
    """The readings that make Vietnamese of all words that are none; empty when nothing needs mending."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isascii():
        return _viqr_readings(composed, known)
    odd = [word for word in _WORD.findall(composed) if not word.isascii() and not _is_syllable(word)]
    if not odd and not (known & {"TCVN3", "VNI"}):
        return ()
    found: dict[str, Mended] = {}
    for encoding, decode in _DECODERS.items():
        if encoding == "VIQR":
            continue
        try:
            decoded = decode(composed)
        except ValueError:
            continue
        if decoded != composed and is_plausible(decoded) and (odd or encoding in known):
            found.setdefault(decoded, Mended(decoded, encoding, encoding in known or _is_strong(odd, encoding)))
    if not odd and found:  # right as it stands and right in the sheet's old encoding
        found.setdefault(composed, Mended(composed, "Unicode", is_sure=False))
    sure = tuple(reading for reading in found.values() if reading.encoding in known and odd)
    return sure[:1] if len(sure) == 1 else tuple(found.values())


def _viqr_readings(text: str, known: frozenset[str]) -> tuple[Mended, ...]:
    if "VIQR" not in known and _VIQR_SIGNAL.search(text) is None:
        return ()
    decoded = _from_viqr(text)
    if decoded == text or not is_plausible(decoded):
        return ()
    changed = sum(not word.isascii() for word in _WORD.findall(decoded))
    is_sure = "VIQR" in known or (changed >= 2 and len(_VIQR_SIGNAL.findall(text)) >= 1)
    return (Mended(decoded, "VIQR", is_sure),)


def _is_strong(odd: list[str], encoding: str) -> bool:
    """Whether the odd words can hardly be foreign: two of them, a symbol inside one, or a capital behind a small."""
    if encoding in ("UTF-8", "look-alikes") or len(odd) > 1:
        return True
    return any(_NOT_LATIN.search(word) is not None or not _is_one_case(word) for word in odd)


@lru_cache(maxsize=16_384)
def _is_syllable(word: str) -> bool:
    if not _is_one_case(word):
        return False
    tone = ""
    letters = []
    for letter in unicodedata.normalize("NFD", word.lower()):
        if letter in _TONES:
            if tone:
                return False
            tone = letter
        else:
            letters.append(letter)
    plain = unicodedata.normalize("NFC", "".join(letters))
    return any(
        (plain[:cut] in _ONSETS and _is_rime(plain[cut:], tone)) or (plain == "gi" and cut == 1)
        for cut in range(min(4, len(plain)))
    )


def _is_rime(rime: str, tone: str) -> bool:
    if rime not in _RIMES:
        return False
    return not (rime.endswith(_STOPS) and tone not in ("\u0301", "\u0323"))


def _is_one_case(word: str) -> bool:
    return word.islower() or word.isupper() or (word[:1].isupper() and word[1:].islower())


# Decoders: the whole text, or ValueError


def _from_tcvn3(text: str) -> str:
    if any(ord(letter) > 0x7F and letter not in _TCVN3 and letter.isalpha() for letter in text):
        raise ValueError(text)
    bare = [c for c in text if c.isascii() and c.isalpha()]
    if len(bare) > 1 and all(c.isupper() for c in bare):
        return "".join(_TCVN3.get(c, c) for c in text).upper()
    return _WORD.sub(lambda match: _cased(match.group(), "".join(_TCVN3.get(c, c) for c in match.group())), text)


def _from_vni(text: str) -> str:
    if any(ord(letter) > 0xFF and letter.isalpha() for letter in text):
        raise ValueError(text)
    return _VNI_PATTERN.sub(lambda match: _VNI[match.group()], text)


def _cased(word: str, decoded: str) -> str:
    """Capital letters where the font shows them: .VnTimeH writes toned capitals with the codes of small letters."""
    bare = [c for c in word if c.isascii() and c.isalpha()]
    if bare and all(c.isupper() for c in bare) and (len(bare) > 1 or not word[:1].isascii()):
        return decoded.upper()
    return decoded


def _from_look_alikes(text: str) -> str:
    """Letters that documents show alike: only in words that the right letter makes Vietnamese."""

    def word_of(match: re.Match[str]) -> str:
        word = match.group()
        right = word.translate(_LOOK_ALIKES)
        if right == word or (_is_syllable(word) and _NEVER_VIETNAMESE.search(word) is None):
            return word
        return right if _is_syllable(right) or _NEVER_VIETNAMESE.search(word) else word

    return _WORD.sub(word_of, text)


def _from_mojibake(text: str) -> str:
    """UTF-8 that was read as Windows-1252: the bytes are still there."""
    if _MOJIBAKE.search(text) is None:
        raise ValueError(text)
    raw = b"".join(bytes([ord(c)]) if ord(c) < 0x100 else c.encode("cp1252") for c in text)
    return unicodedata.normalize("NFC", raw.decode("utf-8"))


def _from_viqr(text: str) -> str:
    """Typed marks, in words that they make Vietnamese; ``\\`` keeps the sign behind it."""
    return _VIQR_WORD.sub(lambda match: _viqr_word(match.group()), text)


def _viqr_word(word: str) -> str:
    for end in (len(word), len(word) - 1):  # a full stop or question mark at the end may be just that
        body, rest = word[:end], word[end:]
        if rest and rest not in ".?'":
            break
        made = _VIQR_LETTER.sub(lambda match: _viqr_letter(match.group()), body)
        made = _VIQR_TONE.sub(lambda match: unicodedata.normalize("NFC", match[1] + _TONE_OF[match[2]]), made)
        if made != body and not made.isascii() and is_plausible(made):
            return made + rest
    return word


def _viqr_letter(pair: str) -> str:
    made = _VIQR_LETTERS[pair.lower()]
    return made.upper() if pair[0].isupper() else made


_DECODERS: dict[str, Callable[[str], str]] = {
    "UTF-8": _from_mojibake,
    "look-alikes": _from_look_alikes,
    "TCVN3": _from_tcvn3,
    "VNI": _from_vni,
    "VIQR": _from_viqr,
}
