#!/usr/bin/env bash
# SQLite: VACUUM gives the rows of sqlite_master other rowids.
#
# One would expect: a file that went through VACUUM, or came from VACUUM INTO (the usual backup of a file that is in use), holds
# the same schema in the same order, so that a program may compare `SELECT sql FROM sqlite_master ORDER BY rowid` with the
# statements that made the file.
#
# What happens: tables come first, indexes behind them, whatever the order of their making. `.backup` keeps the order.
#
# Why it matters: who checks a file's schema in the order of its rows (a wise thing for files from elsewhere) refuses every file
# that was vacuumed, and every backup by VACUUM INTO. Compare by name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 - <<'PYTHON'
import sqlite3
import sys

print("SQLite", sqlite3.sqlite_version, "of Python", sys.version.split()[0])


def order(name):
    with sqlite3.connect(name) as database:
        return [row[0] for row in database.execute("SELECT name FROM sqlite_master ORDER BY rowid")]


database = sqlite3.connect("made", isolation_level=None)
for statement in ("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)", "CREATE UNIQUE INDEX names ON people (name)",
                  "CREATE TABLE photos (number INTEGER PRIMARY KEY, person INTEGER)"):
    database.execute(statement)
made = order("made")
print("as it was made:     ", made)

with sqlite3.connect("backup") as copy:
    database.backup(copy)
print("by the backup call: ", order("backup"))

database.execute("VACUUM INTO 'into'")
print("by VACUUM INTO:     ", order("into"))

database.execute("VACUUM")
print("after VACUUM:       ", order("made"))

expected = ["people", "photos", "names"]
if made != ["people", "names", "photos"] or order("backup") != made or order("into") != expected or order("made") != expected:
    sys.exit("not as described")
PYTHON
