#!/usr/bin/env python3
"""Compares the rows of the HL7 v2-to-FHIR guide with the rows of Interfaces/maps.

    compare-guide-maps.py GUIDE [--all] [--record]

GUIDE is the guide's `mappings` folder (github.com/HL7/v2-to-fhir) or any folder above its segment, data type and
message CSV files. For each row of the guide that names a FHIR element:

    mapped     a row of ours says so: its `ig` is the guide's row
    same       a row of ours carries the same field to the same element, without naming the guide's row
    changed    our map carries the field, but elsewhere (what R4 allows, or what is lost otherwise)
    converted  a conversion of the program does it: a code, a time, a number
    dropped    our map drops the field and says why
    undecided  our maps say nothing about it: listed

and, against Scripts/guide-rows.txt, which holds the guide's rows that were looked at last: those that the guide has
`added` and `removed` since. --all lists every row, --record writes Scripts/guide-rows.txt anew.
Exit code 1 if the guide has added or removed rows.
"""
import collections
import csv
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAPS = os.path.join(ROOT, "Interfaces", "maps")
# Data types that the conversions of `as` carry without a map.
CONVERSIONS = {
    "CE", "CF", "CNE", "CWE[CodeableConcept]", "CWE[Coding]", "CWE[code]", "CWE[string]", "CWE[uri]", "CWE[Identifier]",
    "CQ[code]", "CQ[decimal]", "CQ[unsignedInt]", "CX[string]", "DR[dateTime]", "DTM", "FT[Annotation-Comment]", "HD[uri]",
    "HD[MessageHeader.source-endpoint]", "HD[MessageHeader.destination-endpoint]", "HD[MessageHeader.source-name]",
    "HD[MessageHeader.destination-name]", "ID", "IS", "MSG", "NM[Quantity]", "NM[positiveInt]", "ST", "TS", "XON[string]",
    "XPN[string]",
}
RECORD = os.path.join(ROOT, "Scripts", "guide-rows.txt")


def guide_rows(folder):
    """Map name (`PID[Patient]`) → rows (field, element) of the guide that have an element."""
    found = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.csv"), recursive=True)):
        name = re.search(r"(Segment|Data Type) - FHIR R4_ ([A-Z0-9]+\[[^\]]+\])", os.path.basename(path))
        if not name:
            continue
        with open(path, encoding="utf-8-sig", newline="") as text:
            for line in list(csv.reader(text))[2:]:
                line = [" ".join(cell.split()) for cell in line] + [""] * 12
                if line[9]:
                    found[name[2]].append((line[1] or name[2].split("[")[0], line[9]))
    if not found:
        sys.exit(f"{folder}: no CSV files of the guide; give its mappings folder")
    return found


def guide_messages(folder):
    """Names of the guide's message structures."""
    found = set()
    for path in glob.glob(os.path.join(folder, "**", "*.csv"), recursive=True):
        name = re.search(r"Message - FHIR R4_ ([A-Z0-9_]+)", os.path.basename(path))
        if name:
            found.add(name[1])
    return found


def our_rows():
    """Rows of our maps: map name, source, target, id, fields, element, guide's row, dropped or not."""
    rows = []
    for path in sorted(glob.glob(os.path.join(MAPS, "segments", "*.yaml")) + glob.glob(os.path.join(MAPS, "datatypes", "*.yaml"))):
        text = open(path, encoding="utf-8").read()
        name = os.path.splitext(os.path.basename(path))[0]
        target = re.search(r"(?m)^target: (\S+)", text)[1]
        for block in re.split(r"(?m)^  - (?=\{? ?id: )", text)[1:]:
            def key(word):
                match = re.search(r"(?:^|[\s{,])" + word + r": (\"(?:[^\"\\]|\\.)*\"|'[^']*'|\[[^\]]*\]|[^,}\n]+)", block)
                return match[1].strip().strip("\"'") if match else ""
            fields = re.findall(r"[A-Z][A-Z0-9]{1,2}[-.]\d+", key("from")) or re.findall(r"[A-Z][A-Z0-9]{1,2}[-.]\d+", key("id"))
            rows.append({
                "map": name, "source": name.split("-")[0], "target": target, "id": key("id"), "fields": fields,
                "to": key("to"), "ig": key("ig"), "drop": bool(key("drop"))})
    return rows


def plain(element):
    """An element without its indices, conditions and inline resources: `name[2].family` → `name.family`."""
    element = re.sub(r"\([^()]*\)?", "", re.sub(r"\[[^\]]*\]", "", element)).replace("$this", "")
    return element.strip(". ").lower()


def judge(name, field, element, rows):
    """What our maps do with a row of the guide, and the row of ours that does it."""
    source = name.split("[")[0]
    resource = name.split("[")[1].rstrip("]").split("-")[0].split(".")[0]
    wanted = {f"{field}/{element}", f"{name} {field}/{element}"}
    for row in rows:
        if row["ig"] in wanted and (row["source"] == source or row["ig"].startswith(name)):
            return "mapped", row
    if source in CONVERSIONS or name in CONVERSIONS:
        return "converted", None
    mine = [row for row in rows if field in row["fields"]]
    top = plain(element).split(".")[0].split("(")[0]
    for row in mine:
        if row["to"] and row["target"] == resource and plain(row["to"]).split(".")[0] == top:
            return "same", row
    for row in mine:
        if row["to"]:
            return "changed", row
    for row in mine:
        if row["drop"]:
            return "dropped", row
    return "undecided", None


def main():
    options = {argument for argument in sys.argv[1:] if argument.startswith("--")}
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if len(folders) != 1 or options - {"--all", "--record"}:
        sys.exit(__doc__)
    guide, rows = guide_rows(folders[0]), our_rows()
    counts = collections.Counter()
    keys = []
    for name in sorted(guide):
        for field, element in guide[name]:
            keys.append(f"{name}\t{field}\t{element}")
            verdict, row = judge(name, field, element, rows)
            counts[verdict] += 1
            if verdict == "undecided" or "--all" in options:
                by = f"  ({row['map']} {row['id']}{' → ' + row['to'] if row['to'] else ''})" if row else ""
                print(f"{verdict:9}  {name} {field} → {element}{by}")
    structures = guide_messages(folders[0])
    ours = {os.path.splitext(name)[0] for name in os.listdir(os.path.join(MAPS, "messages"))}
    for name in sorted(structures - ours):
        print(f"undecided  message {name}: no map")
    counts["undecided"] += len(structures - ours)
    total = sum(counts.values())
    print(f"{total} rows of the guide: " + ", ".join(f"{counts[word]} {word}" for word in ("mapped", "same", "converted", "changed", "dropped", "undecided")))

    if "--record" in options:
        with open(RECORD, "w", encoding="utf-8") as file:
            file.write("\n".join(sorted(set(keys))) + "\n")
        return
    known = set(open(RECORD, encoding="utf-8").read().splitlines()) if os.path.exists(RECORD) else set()
    added, removed = sorted(set(keys) - known), sorted(known - set(keys))
    for word, list_ in (("added", added), ("removed", removed)):
        for key in list_:
            name, field, element = key.split("\t")
            print(f"{word:9}  {name} {field} → {element}")
    print(f"since the rows looked at last: {len(added)} added, {len(removed)} removed")
    sys.exit(1 if added or removed else 0)


if __name__ == "__main__":
    main()
