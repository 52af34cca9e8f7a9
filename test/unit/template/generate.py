#!/usr/bin/python3
"""Asks the real Ansible what it makes of templates, and records its answers in ansible-*.json beside this file.

Needs Debian's ansible, python3-netaddr and python3-passlib:  /usr/bin/python3 test/unit/template/generate.py
A file generate/NAME.txt holds one template a line, with a backslash and n for a newline in it; blank lines and lines that
begin with '## ' are left out. Its name says how a template is rendered: as an argument (convert), as a file (file-*), or
as a condition (condition-*).
"""
import json
import os
import pathlib
import sys

os.environ['TZ'] = 'UTC'
os.environ['HOME'] = '/root'

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.conditional import Conditional
from ansible.template import Templar

here = pathlib.Path(__file__).parent
variables = json.loads((here / 'generate' / 'variables.json').read_text())


def plain(value):
    """The value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def render(kind, template):
    loader = DataLoader()
    templar = Templar(loader=loader, variables=json.loads(json.dumps(variables)))
    if kind == 'file':
        return templar.template(template, convert_data=False, escape_backslashes=False, preserve_trailing_newlines=True)
    if kind == 'condition':
        conditional = Conditional(loader=loader)
        conditional.when = [template]
        return bool(conditional.evaluate_conditional(templar, templar.available_variables))
    return templar.template(template)


for source in sorted((here / 'generate').glob('*.txt')):
    kind = source.stem.split('-')[0]
    cases = []
    for line in source.read_text().splitlines():
        if line.strip() == '' or line.startswith('## '):
            continue
        template = line.replace('\\n', '\n') if kind == 'file' else line
        try:
            cases.append({'template': template, 'expected': plain(render(kind, template))})
        except Exception as error:
            cases.append({'template': template, 'error': type(error).__name__})
            if '-v' in sys.argv:
                print(f'{source.stem}: {line}\n    {str(error)[:300]}')
    (here / f'ansible-{source.stem}.json').write_text(json.dumps(cases, indent=0, ensure_ascii=False) + '\n')
    print(source.stem, len(cases), 'cases,', sum('error' in case for case in cases), 'errors')
