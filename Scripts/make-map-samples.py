#!/usr/bin/env python3
"""Writes what the messages of Tests/Fixtures/maps become: NAME.json and NAME.lost beside each NAME.hl7.

    make-map-samples.py WARDLINE

WARDLINE is the program built from this tree (.build/debug/wardline): its built-in maps are used. NAME.json is the
bundle, one entry a line; NAME.lost lists the lost leaves, one a line, and is not there if nothing is lost.
Read the differences before you commit them: they are what the change of a map does to messages.
"""
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, "Tests", "Fixtures", "maps")
RECEIVED = "2024-03-05T10:15:00.250Z"
NUMBER = "\u0000"


def run(program, files, *options):
    result = subprocess.run([program, "map", *files, "--received", RECEIVED, *options], capture_output=True, text=True)
    lines = result.stdout.splitlines()
    if len(lines) != len(files):
        sys.exit(f"{program} printed {len(lines)} lines for {len(files)} messages:\n{result.stderr}")
    return [json.loads(line, parse_float=lambda number: NUMBER + number) for line in lines]


def written(value):
    """JSON text of a value, numbers as they were: 5.40 is not 5.4."""
    return re.sub(r'"\\u0000([^"]*)"', r"\1", json.dumps(value, ensure_ascii=False))


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
    options = sys.argv[2:]
    files = sorted(glob.glob(os.path.join(FOLDER, "*.hl7")))
    for file, bundle, loss in zip(files, run(program, files, *options), run(program, files, "--loss", *options)):
        if bundle["resourceType"] != "Bundle":
            sys.exit(f"{file}: {bundle}")
        entries = bundle.pop("entry", [])
        text = written(bundle)[:-1] + ', "entry": [\n'
        text += ",\n".join(map(written, entries)) + "\n]}\n"
        stem = os.path.splitext(file)[0]
        with open(stem + ".json", "w", encoding="utf-8") as output:
            output.write(text)
        lost = [str(leaf) for leaf in loss["lostLeaves"]]
        if lost:
            with open(stem + ".lost", "w", encoding="utf-8") as output:
                output.write("\n".join(lost) + "\n")
        elif os.path.exists(stem + ".lost"):
            os.remove(stem + ".lost")


if __name__ == "__main__":
    main()
