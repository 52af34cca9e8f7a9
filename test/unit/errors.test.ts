import { describe, expect, it } from 'vitest';
import { CtplayError, didYouMean, nearest, PreconditionError } from '../../src/errors.ts';

describe('nearest', () => {
  it.each([
    ['hosst', ['hosts', 'tasks'], 'hosts'],
    ['ngo_log', ['no_log', 'name'], 'no_log'],
    ['crate_bridge', ['create_bridge', 'gre_tunnel'], 'create_bridge'],
    ['cpoy', ['copy', 'apt'], 'copy'],
    ['zebra', ['copy', 'apt'], undefined],
    ['addres', ['name', 'addresses'], 'addresses'],
    ['docker', ['docker_network', 'docker_image'], undefined],
    ['up', ['update_cache'], undefined],
    ['', ['a'], 'a'],
  ])('%s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });
  it('becomes a question', () => {
    expect(didYouMean('cpoy', ['copy'])).toBe("Did you mean 'copy'?");
  });
});

describe('CtplayError', () => {
  const span = { file: 'a.yaml', line: 1, column: 2 };
  it('takes a place once', () => {
    const placed = new CtplayError('args.type', 'wrong').at(span);
    expect(placed.at({ ...span, line: 9 }).details.span).toEqual(span);
  });
  it('stays what it is when placed', () => {
    expect(new PreconditionError('no bridge').at(span)).toBeInstanceOf(PreconditionError);
  });
  it.each([
    ['args.type', 1],
    ['task.failed', 2],
    ['precondition', 2],
    ['ssh.host-key', 4],
    ['host.locked', 2],
    ['internal', 250],
  ] as const)('%s exits with %s', (code, status) => {
    expect(new CtplayError(code, 'x').exitStatus).toBe(status);
  });
});
