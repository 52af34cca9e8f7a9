#!/usr/bin/env python3
"""Writes expected.json: what ansible-inventory (ansible-core 2.14) says of the inventories here."""
import json, os, subprocess

os.chdir(os.path.dirname(os.path.abspath(__file__)))
cases = [
    ["ranges/hosts.ini"], ["types/hosts.ini"], ["basic.d"], ["precedence/hosts.ini"], ["yaml/hosts.yaml"],
    ["program/inventory.sh"], ["program/slow.sh"], ["nested.d"], ["x1,x2:2222,"], ["ranges/hosts.ini", "yaml/hosts.yaml", "extra,"],
]
env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
patterns = ["all", "web", "web:db", "web:&lab", "all:!web", "w*", "~web.*1", "web[0]", "web[-1]", "web[0:1]", "web[1:]", "lab:!db:&web", "!web",
            "db,web", "*.lab", "web0?.lab", "web[01:03].lab", "localhost", "ungrouped", "2001:db8::7", "~(db|web)[0-9]"]


def run(*args):
    done = subprocess.run(args, env=env, capture_output=True, text=True)
    return done.stdout


expected = []
for sources in cases:
    flags = [word for source in sources for word in ("-i", source)]
    expected.append({"sources": sources, "list": json.loads(run("ansible-inventory", *flags, "--list")), "graph": run("ansible-inventory", *flags, "--graph").rstrip("\n")})
selections = {}
for pattern in patterns:
    lines = run("ansible", "-i", "ranges/hosts.ini", "--list-hosts", pattern).splitlines()
    selections[pattern] = [line.strip() for line in lines[1:]]
with open("expected.json", "w") as file:
    json.dump({"inventories": expected, "patterns": selections}, file, indent=1, sort_keys=True)
    file.write("\n")
