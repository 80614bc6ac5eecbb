#!/usr/bin/env python3
"""Asks Python's own configparser and re what they make of odd INI texts and patterns.

Writes test/fixtures/ini/corpus.json, which the specs of libs/runtime compare with our answers.
The texts come from a seeded generator, so the same Python writes the same file.
"""
import configparser
import io
import json
import pathlib
import platform
import random
import re

SEED = 20201230
CASES = 420
TARGET = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "ini" / "corpus.json"

SECTIONS = ["pull", "process", "paths", "DEFAULT", "a b", "x]y", "Pull", " s ", "#odd", "default", "a:b", "\u00e9t\u00e9"]
COMMON_KEYS = ["a", "b", "c", "dir"]
RARE_KEYS = ["base-dir", "long key", "SOCKET-dir", "retries", "\u00c4pfel", "k.e.y", "[half", "'q'"]
WORDS = [
    "1", "0.5", "/run/haproxy", "value with blanks", "semi;colon", "ha#sh", "a = b", "c: d", "", "[no section]",
    '"quoted"', "tail ; not a comment", "tail # not a comment", "x\ty", "\u00fc\u00f1\u00ed", "a\u2028b", "nul-less\x1c", "\x85x", "a\x0bb",
    "\ufeffbom", "%(old)s", "100%", "back\\slash",
]
REFERENCES = [
    *["${a}", "${b}", "${c}", "${dir}", "${DEFAULT:a}", "${pull:a}"] * 4, "${DIR}", "${paths:base-dir}", "${process:b}", "${nosuch}",
    "${nosuch:a}", "${pull:nosuch}", "$$", "$$$$", "$", "$x", "${", "${}", "${a", "${a:b:c}", "${:a}", "${a:}", "${ a }", "$${a}", "$$${a}",
    "${a}${b}", "${Pull:a}", "${pull:A}", "${default:a}", "${a b:a}",
]
INDENTS = ["", "", "", "", "", " ", "  ", "\t", "    ", "\x0b"]
NOISE = [
    "", "", " ", "\t ", "# comment", "; comment", "  # indented comment", "\t;comment", "no delimiter", "  no delimiter", "= no name",
    "[]", "[", "[unclosed", "]", "[pull] trailing", "[[pull]]", "\x1c", "\u3000", "\xa0# spaced", "key", "::", ": no name",
]


def value(rng):
    parts = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        parts.append(rng.choice(REFERENCES) if rng.random() < 0.35 else rng.choice(WORDS))
    return rng.choice(["", " ", "/", " "]).join(parts)


def option(rng, keys):
    delimiter = rng.choice(["=", " = ", ": ", ":", " =", "\t=\t", " : "])
    return rng.choice(INDENTS) + keys.pop() + delimiter + value(rng) + rng.choice(["", "", " ", "\t"])


def shuffled_keys(rng):
    """The last ones are taken first."""
    common, rare = COMMON_KEYS[:], RARE_KEYS[:]
    rng.shuffle(common)
    rng.shuffle(rare)
    return rare[2:] + rng.sample(common + rare[:2], len(common) + 2)


def section(rng, name, wild):
    keys = shuffled_keys(rng)
    lines = [rng.choice(INDENTS[:8]) + "[" + name + "]"]
    for _ in range(rng.randint(0, 6)):
        lines.append(option(rng, keys))
        while rng.random() < 0.25:
            lines.append(rng.choice(["  ", "\t", "      "]) + rng.choice(WORDS + REFERENCES + NOISE[:8]))
        if rng.random() < wild:
            lines.append(rng.choice(NOISE))
        elif rng.random() < 0.2:
            lines.append(rng.choice(NOISE[:8]))
        if wild and rng.random() < 0.03:
            keys = [key.upper() for key in shuffled_keys(rng)]
    return lines


def text(rng):
    wild = rng.choice([0, 0, 0, 0.05, 0.2])
    names = SECTIONS[:]
    rng.shuffle(names)
    names = sorted(names[: rng.randint(1, 4)], key=lambda _: rng.random())
    if rng.random() < 0.7:
        names = ["pull" if name == "a b" else name for name in dict.fromkeys(["DEFAULT", "pull"] + names)]
        names = list(dict.fromkeys(names))
    if wild and rng.random() < 0.2:
        names.append(rng.choice(names))
    lines = [] if rng.random() < 0.9 else [rng.choice(NOISE)]
    for name in names:
        lines += section(rng, name, wild)
    return rng.choice(["\n", "\n", "\n", "\r\n", "\r"]).join(lines) + rng.choice(["\n", ""])


HAND_WRITTEN = [
    "",
    "\n\n",
    "# only a comment\n",
    "key = before any section\n[a]\n",
    "[a]\n[a]\n",
    "[DEFAULT]\nx = 1\n[DEFAULT]\ny = 2\n[s]\n",
    "[DEFAULT]\nx = 1\n[DEFAULT]\nX = 2\n",
    "[a]\nk = 1\nK = 2\n",
    "[a]\nk = 1\n\n\n  more\n\n[b]\n",
    "[a]\nk = 1\n# comment inside\n  more\n",
    "[a]\nk =\n  first\n  second\n",
    "[a]\n  k = 1\n  l = 2\n    deeper\n  m = 3\nn = 4\n",
    "[a]\nk = ${l}\nl = ${k}\n",
    "[a]\nk = ${k}\n",
    "[a]\n" + "".join(f"k{i} = ${{k{i + 1}}}\n" for i in range(12)) + "k12 = end\n",
    "[a]\n" + "".join(f"k{i} = ${{k{i + 1}}}$$\n" for i in range(9)) + "k9 = $$\n",
    "[a]\n" + "".join(f"k{i} = ${{k{i + 1}}}$$\n" for i in range(10)) + "k10 = $$\n",
    "[DEFAULT]\nbase = /d\n[a]\nbase = /a\n[b]\nx = ${base} ${a:base} ${DEFAULT:base}\n",
    "[DEFAULT]\nx = ${y}\n[a]\ny = 1\n[b]\nz = 2\n",
    "[a]\nk = ${b:k}\n[b]\nk = ${l}\nl = from b\n",
    "\ufeff[a]\nk = 1\n",
    "[a]\nk = 1\rl = 2\r\nm = 3\n",
    "[a]\nk = 1\x0bl = 2\n",
    "[a] ; comment\nk = 1\n",
    "[a]b]\nk = 1\n",
    "[a]\nno delimiter\n  still none\nk = 1\n",
    "[a]\nk = 1\nno delimiter\n  continues k\n",
    "[a]\n= 1\n",
    "[a]\nk = a\n =b\n",
]


def answer(ini):
    parser = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
    try:
        parser.read_file(io.TextIOWrapper(io.BytesIO(ini.encode("utf-8")), encoding="utf-8"))
    except configparser.ParsingError as error:
        if isinstance(error, configparser.MissingSectionHeaderError):
            return {"error": "no-section", "lines": [error.lineno]}
        return {"error": "unparsable", "lines": [line for line, _ in error.errors]}
    except configparser.DuplicateSectionError as error:
        return {"error": "duplicate-section", "lines": [error.lineno]}
    except configparser.DuplicateOptionError as error:
        return {"error": "duplicate-option", "lines": [error.lineno]}
    return {"values": {name: section_answer(parser, name) for name in ["DEFAULT", *parser.sections()]}}


KINDS = {
    configparser.InterpolationMissingOptionError: "missing",
    configparser.InterpolationSyntaxError: "syntax",
    configparser.InterpolationDepthError: "depth",
}


def section_answer(parser, name):
    values = {}
    for key in parser.defaults() if name == "DEFAULT" else parser.options(name):
        try:
            values[key] = parser.get(name, key)
        except configparser.InterpolationError as error:
            values[key] = [KINDS[type(error)]]
    return values


NAMES = [
    "", "fe_tcp", "be_app2", "example_com", "foo-bar", "FOO", "a]b", "a{b}", "a.b", "srv1", "1", "web-01:443", "aa", "abab", "x^y",
    "foo", "a\\b", "tab-", "{,3}", "[]", "b-c_d", "aaa",
]
PATTERNS = [
    "", "^fe_tcp$", "example_com$", "^be_app", "1$", "second", r"\.", r"foo\-bar", r"\_", r"\:", r"[\w-]+:", r"^[^-]+$", "^(foo|web)-",
    "(?i)^foo", "(?i)FOO$", r"\Afoo\Z", r"(?P<n>ab)(?P=n)", r"(ab)\1", "(?:a|b)+", "a{2}", "a{,2}b", "a{2,}", "a{1,2}$", "a{b}", "{", "}", "]",
    "[]]", "[^]]+$", "[]a]b", "[a", "[]", "[^]", "[[]", r"[\]]", r"[\-_]", r"[a\-]", "[a-]", "[-a]", r"[\_]", "x^y", r"x\^y", "^*", "*a", "a**", "a++",
    "(?>a)b", "(a)?(?(1)b|c)", "(?#note)a", "(?x) a b", "(?s)a.b", "(?m)^a", "(?ai)FOO", "(?u)a", r"\bfoo\b", r"\Bo", r"\d+", r"\D", r"\w$", r"\W", r"\s", "(?=foo)f",
    "(?!foo)^.", "(?<=a)b", "(?<!a)b", r"\q", r"\k", r"\cA", r"\p{L}", r"\x61", r"\u0061", r"\a", r"\t", r"\\", "(", ")", "a|", "|", "a{1}{2}", "(?P<n", "(?P>n)",
    "(?P=nosuch)", r"\1", r"\07", r"[\d.]+", r"[^\w]", "a.b", r"[.]", "(?i:foo)", "f(?i)oo", "a*?", "a+?b", "a??", "a{,}", "{,3}", r"\{,3\}", "[a-z0-9]+[0-9]$",
    "^[[:alpha:]]", "[a-c&&b]", r"\/", "a/b", "#", "a b", r"a\ b", r"\#", r"\~", "[~]", r"[\~\.]", "^(?!.*(foo|bar)).*$", "$", "^$", ".", ".*", "^.{3}$", "a{1,2}{3}", "x{,1}y",
]


def pattern_answer(pattern):
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError) as error:
        return {"pattern": pattern, "error": str(error)}
    return {"pattern": pattern, "matches": [i for i, name in enumerate(NAMES) if compiled.search(name)]}


def has_one_nameless_value(ini):
    """Of two values without a name in one section Python says that the option '' is there twice, which nobody needs."""
    return sum(line.strip()[:1] in ("=", ":") for line in ini.splitlines() if line.strip()) <= 1


def main():
    rng = random.Random(SEED)
    texts = HAND_WRITTEN + [ini for ini in (text(rng) for _ in range(CASES)) if has_one_nameless_value(ini)]
    corpus = {
        "about": f"Answers of configparser and re of Python {platform.python_version()}, written by scripts/ini-corpus.py",
        "ini": [{"text": ini, **answer(ini)} for ini in texts],
        "names": NAMES,
        "patterns": [pattern_answer(pattern) for pattern in PATTERNS],
    }
    rows = ",\n".join(
        f'"{key}": ' + (json.dumps(part) if isinstance(part, str) else "[\n" + ",\n".join(json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in part) + "\n]")
        for key, part in corpus.items()
    )
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("{\n" + rows + "\n}\n", encoding="ascii")


if __name__ == "__main__":
    main()
