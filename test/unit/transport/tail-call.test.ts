import { expect, it } from 'vitest';
import { sh } from '../../../src/shell.ts';
import { asTailCall } from '../../../src/transport/tail-call.ts';

it.each([
  ['mkdir -p /srv/lab'],
  ['/usr/bin/touch a=b'],
  [sh`ip link add ${"it's"} type ${'two words'}`.text],
  [sh`rm ${'a\nb'} ${''} ${'$HOME'}`.text],
  ["grep -c '^$' /etc/hosts"],
])('%s takes the place of its shell', (script) => {
  expect(asTailCall(script)).toBe(`exec ${script}`);
});

it.each([
  ['echo a'],
  ['cd /srv'],
  ['exit 3'],
  ['exec ls'],
  [''],
  [' ls'],
  ['mkdir a && mkdir b'],
  ['mkdir a; exit'],
  ['mkdir a\nmkdir b'],
  ['ls | wc'],
  ['sleep 10 &'],
  ['ls >/dev/null'],
  ['ls $HOME'],
  ['ls "$HOME"'],
  ['ls ~'],
  ['ls *'],
  ['ls `pwd`'],
  ['ls # all'],
  ['A=b ls'],
  ['ls()'],
  ['{ ls; }'],
  ['! ls'],
  ["ls 'a"],
  ['ls \\n'],
  ['ls  a'],
])('%s is left to it', (script) => {
  expect(asTailCall(script)).toBe(script);
});
