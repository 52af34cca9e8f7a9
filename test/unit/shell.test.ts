import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { joinCommands, nothing, quote, Secret, sh } from '../../src/shell.ts';

describe('sh', () => {
  it.each([
    [sh`ip link add ${'br0'} type bridge`, 'ip link add br0 type bridge'],
    [sh`echo ${"it's"}`, `echo 'it'\\''s'`],
    [sh`echo ${''}`, "echo ''"],
    [sh`rm -- ${['a b', 'c']}`, "rm -- 'a b' c"],
    [sh`x ${[]}`, 'x '],
    [sh`mtu ${1462}`, 'mtu 1462'],
    [sh`${sh`a ${'b c'}`} && d`, "a 'b c' && d"],
    [sh`a${nothing}`, 'a'],
  ])('%#', (command, text) => {
    expect(command.text).toBe(text);
  });

  it('shows no secret', () => {
    const command = sh`login --password ${new Secret('hunter2')} ${['x', new Secret('y')]}`;
    expect(command.text).toBe('login --password hunter2 x y');
    expect([command.display, String(command), JSON.stringify({ command })]).toEqual(['login --password *** x ***', 'login --password *** x ***', '{"command":"login --password *** x ***"}']);
  });

  it('joins commands and leaves out empty ones', () => {
    expect(joinCommands([sh`a`, nothing, sh`b`], ' && ').text).toBe('a && b');
  });
});

describe('quote', () => {
  it.each(['', 'a', "'", "a'b''c", '$HOME `id` "x" \\ \n\t*?[]{}~#!&|;<>()', 'é→😀', '-n', '=', '~'])('%j is one word that stands for itself', (value) => {
    expect(spawnSync('/bin/sh', ['-c', `printf %s ${quote(value)}`], { encoding: 'utf8' }).stdout).toBe(value);
  });
  it('refuses NUL, which no argument can hold', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
  });
});
