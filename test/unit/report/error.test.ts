/** Errors as a person sees them. */
import { describe, expect, it } from 'vitest';
import { CtplayError, CtplayErrors } from '../../../src/errors.ts';
import { describeError, formatError } from '../../../src/report/error.ts';

const text = `- hosts: all
  tasks:
    - create_bridge:
        type: ovs
        mtu: big
\t  tabbed: x
        password: hunter2
        long: ${'a'.repeat(200)} here ${'b'.repeat(200)}
`;
const options = { color: false, readFile: (): string => text };
const at = (line: number, column: number, endColumn: number, endLine = line): { file: string; line: number; column: number; endLine: number; endColumn: number } => ({ file: 'p.yaml', line, column, endLine, endColumn });

describe('one error', () => {
  it('shows the lines, what was expected and found, and what to do', () => {
    const error = new CtplayError('args.type', "wrong value for 'mtu' of create_bridge", { span: at(5, 14, 17), expected: 'an integer from 68 to 65535', found: "'big' (a string)", hint: 'Leave it out.', detail: 'one\ntwo\n' });
    expect(formatError(error, options)).toBe(`p.yaml:5:14: wrong value for 'mtu' of create_bridge [args.type]
  4 │         type: ovs
  5 │         mtu: big
    │              ^^^
  expected  an integer from 68 to 65535
  found     'big' (a string)
  hint      Leave it out.
    one
    two
`);
  });

  it.each<[string, ReturnType<typeof at>, string]>([
    ['the first line has none above', at(1, 3, 8), '  1 │ - hosts: all\n    │   ^^^^^\n'],
    ['several lines: the first is underlined', at(3, 7, 17, 5), '  2 │   tasks:\n  3 │     - create_bridge:\n    │       ^^^^^^^^^^^^^^\n'],
    ['tabs are made blanks', at(6, 4, 10), '  5 │         mtu: big\n  6 │       tabbed: x\n    │       ^^^^^^\n'],
    ['passwords are hidden', at(7, 19, 26), '  6 │       tabbed: x\n  7 │         password: ***\n    │                   ^^^\n'],
    ['beyond the end of a line', at(5, 30, 31), '  4 │         type: ovs\n  5 │         mtu: big\n    │                 ^\n'],
    ['a line that is not there', at(99, 1, 2), ''],
  ])('%s', (_name, span, lines) => {
    const error = new CtplayError('yaml.syntax', 'wrong', { span });
    expect(formatError(error, options)).toBe(`p.yaml:${span.line}:${span.column}: wrong [yaml.syntax]\n${lines}`);
  });

  it('shows the part of a long line that matters', () => {
    const column = '        long: '.length + 201 + 1;
    const [, , line, underline] = formatError(new CtplayError('yaml.syntax', 'wrong', { span: at(8, column, column + 4) }), options).split('\n');
    const start = underline!.indexOf('^');
    expect(line!.slice(start, start + 4)).toBe('here');
    expect(line!.length).toBeLessThan(130);
  });

  it('needs no place', () => {
    expect(formatError({ code: 'usage.option', message: 'no such flag', hint: 'See --help.' }, options)).toBe('error: no such flag [usage.option]\n  hint      See --help.\n');
  });
  it('does without a file that can’t be read', () => {
    const error = new CtplayError('file.missing', 'gone', { span: { file: '/nowhere/x.yaml', line: 1, column: 1 } });
    expect(formatError(error, { color: false })).toBe('/nowhere/x.yaml:1:1: gone [file.missing]\n');
  });
  it('colors where told to', () => {
    expect(formatError(new CtplayError('yaml.syntax', 'wrong', { span: at(5, 14, 17) }), { ...options, color: true })).toContain('\x1b[31m^^^\x1b[39m');
  });
});

describe('any error', () => {
  it('counts several', () => {
    const errors = new CtplayErrors([new CtplayError('usage.option', 'one'), new CtplayError('usage.option', 'two')]);
    expect(describeError(errors, { color: false, debug: false })).toBe('error: one [usage.option]\n\nerror: two [usage.option]\n\n2 errors\n');
  });
  it('tells a defect without its stack', () => {
    const told = describeError(new TypeError('x is not a function'), { color: false, debug: false });
    expect(told).toBe('ctplay has a defect: TypeError: x is not a function\nPlease report it with the command line and the output of the same command under CTPLAY_DEBUG=1.\n');
    expect(describeError(new TypeError('x'), { color: false, debug: true })).toMatch(/\n +at /);
  });
});
