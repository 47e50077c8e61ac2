"""Holds an answer of `triage diagnose --format json` against the label of a case.

Every complaint is a sentence that says what was found and what was expected; none means that the
answer is right. Keys of a label: Fixtures/README.md.
"""
import json
import re

from support import accused, read_lines

DAMAGED = ("unreadable", "partly-read")


def misses(wanted, text):
    """The entries of which no alternative (`x|y`) occurs in the text, whatever the case."""
    text = text.lower()
    return [w for w in wanted if not any(way.strip().lower() in text for way in w.split("|"))]


def describe(causes):
    return ", ".join(f"{c['id']} ({c['role']}, {c['probability']:.2f})" for c in causes) or "nobody"


def complaints(label, answer, implemented):
    causes = accused(answer)
    first = causes[0] if causes else None
    status = answer["verdict"]["status"]
    found = []
    if label.get("status") and status != label["status"]:
        found.append(f"the verdict is '{status}'; expected '{label['status']}'")
    if label.get("healthy"):
        if causes:
            found.append(f"accused {describe(causes)}; expected nobody, all is well")
        if status not in ("healthy", "inconclusive"):
            found.append(f"the verdict is '{status}' of a healthy system")
        return found

    allowed = {label["top"], *label.get("also_ok", [])}
    strangers = [c for c in causes if c["role"] != "consequence" and c["id"] not in allowed]
    if strangers:
        found.append(f"accused {describe(strangers)}; expected only {', '.join(sorted(allowed))}")
    leading = [c for c in causes if c["role"] == "root" or c is first]
    chased = [c for c in leading if c["id"] in label.get("never", [])]
    if chased:
        found.append(f"accused {describe(chased)}, which people wrongly chased")
    named = {c["id"] for c in causes}
    for cause in label.get("must_accuse", []):
        if cause in implemented and cause not in named:
            found.append(f"accused {describe(causes)}; expected {cause} among them")
    if label["top"] not in implemented:
        return found

    # Causes that have nothing to do with each other stand in no order.
    tops = label.get("must_accuse") or [label["top"]]
    if first is None or first["id"] not in tops:
        found.append(f"accused {describe(causes)}; expected {' or '.join(tops)} first")
        return found
    wanted = [cause for cause in causes if cause["id"] in tops]
    evidence = json.dumps([cause["evidence"] for cause in wanted], ensure_ascii=False)
    for entry in misses(label.get("must_cite", []), evidence):
        found.append(f"the evidence of {first['id']} does not cite '{entry}'")
    steps = [answer["plan"], *(cause["remediation"] for cause in wanted)]
    plan = json.dumps(steps, ensure_ascii=False)
    for entry in misses(label.get("must_recommend", []), plan):
        found.append(f"the plan does not recommend '{entry}'")
    return found


def expected_codes(answer):
    """The exit statuses that fit a verdict."""
    status = answer["verdict"]["status"]
    if status in ("incident", "at-risk"):
        return {1}
    if status == "inconclusive":
        return {3}
    # Nothing wrong found, but what could not be read is never 'clean'.
    return {3} if any(i["status"] in DAMAGED for i in answer["inputs"]) else {0}


def origins(value):
    """Every cited source in an answer."""
    if isinstance(value, dict):
        if isinstance(value.get("file"), str):
            yield value
        for child in value.values():
            yield from origins(child)
    elif isinstance(value, list):
        for child in value:
            yield from origins(child)


def false_citations(answer):
    """Origins whose line does not hold what they say it holds."""
    found = []
    files = {}
    given = {entry["path"] for entry in answer["inputs"]}
    for origin in origins(answer):
        name = origin["file"]
        if name not in given:
            found.append(f"cites {name}, which is no input")
            continue
        if "line" not in origin:
            continue
        lines = files.setdefault(name, read_lines(name))
        where = f"{name}:{origin['line']}"
        if origin["line"] > len(lines):
            found.append(f"cites {where}; the file has {len(lines)} lines")
        elif not stands_in(origin.get("excerpt", ""), lines[origin["line"] - 1]):
            line = lines[origin["line"] - 1].decode(errors="replace").strip()
            found.append(f"cites {where} as '{origin['excerpt']}'; it says '{line[:200]}'")
    return found


def stands_in(excerpt, line):
    """True where the line holds the excerpt, whose redacted parts (`***`) stand for anything.

    Characters that a report must not repeat as they are (control, invalid UTF-8) match anything.
    """
    def plain(text):
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())

    line = plain(line.decode(errors="replace"))
    pieces = [plain(p) for p in re.split(r"\*{3,}|\u2026|\ufffd", excerpt)]
    position = 0
    for piece in pieces:
        position = line.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return True


def brier(label, answer):
    """The squared errors of the probabilities that a label decides: 1 for the labelled cause, 0 for
    those on its never list and for every cause of a healthy case."""
    stated = {}
    for cause in answer["causes"] + answer.get("suspects", []) + answer["ruled_out"]:
        stated[cause["id"]] = max(stated.get(cause["id"], 0.0), cause["probability"])
    wrong = set(label.get("never", [])) - {"healthy"}
    if label.get("healthy"):
        return [p ** 2 for p in stated.values()]
    return [stated.get(c, 0.0) ** 2 for c in wrong] + [(1 - stated.get(label["top"], 0.0)) ** 2]
