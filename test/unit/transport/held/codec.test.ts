import { describe, expect, it } from 'vitest';
import { CtplayError } from '../../../../src/errors.ts';
import { Secret, sh } from '../../../../src/shell.ts';
import { packBecome, packError, packStep, packTarget, unpackBecome, unpackError, unpackStep, unpackTarget } from '../../../../src/transport/held/codec.ts';
import type { Become, HostTarget, Step } from '../../../../src/transport/types.ts';

const target: HostTarget = { name: 'web', connection: 'ssh', address: '192.0.2.1', hostKeyChecking: 'strict', connectTimeoutMs: 1000 };

/** What secrets hold, which `toEqual` doesn't see. */
const revealed = (value: object): unknown => JSON.parse(JSON.stringify(value, (_key, one: unknown) => (one instanceof Secret ? { secret: one.reveal() } : one)));
const shown = ({ command: { text, display, input }, ...rest }: Step): unknown => ({ ...rest, text, display, input });

const noStream = (): never => {
  throw new Error('there is no stream');
};

describe('what crosses from thread to thread arrives as it was:', () => {
  it.each<[string, HostTarget]>([
    ['a target', target],
    ['with secrets', { ...target, password: new Secret('pass word'), passphrase: new Secret('') }],
    ['with all the rest', { ...target, port: 2222, user: 'me', privateKeyFile: '/key', proxyJump: 'a,b', knownHostsFile: '/known' }],
  ])('%s', (_name, value) => {
    const arrived = unpackTarget(structuredClone(packTarget(value)));
    expect(arrived).toEqual(value);
    expect(revealed(arrived)).toEqual(revealed(value));
  });

  it.each<[string, Become]>([
    ['a user to become', { method: 'sudo', user: 'root' }],
    ['with a password', { method: 'su', user: 'web', password: new Secret('pass word'), program: 'doas', options: ['-n', '-x'] }],
  ])('%s', (_name, value) => {
    expect(revealed(unpackBecome(structuredClone(packBecome(value))))).toEqual(revealed(value));
  });

  it.each<[string, Step]>([
    ['a step', { command: sh`echo ${'a b'}` }],
    ['with a secret in its command', { command: sh`echo ${new Secret('hidden')}`, when: 'succeeded', timeoutMs: 5, maxOutput: 7 }],
    ['with text to read', { command: sh`cat`.withInput('text') }],
    ['with a secret to read', { command: sh`cat`.withInput(new Secret('hidden')) }],
    ['with bytes to read', { command: sh`cat`.withInput({ kind: 'bytes', bytes: new Uint8Array([0, 255, 10]), secret: true }) }],
    ['with a file to read', { command: sh`cat`.withInput({ kind: 'file', path: '/file' }) }],
  ])('%s', (_name, step) => {
    const arrived = unpackStep(structuredClone(packStep(step, noStream)), noStream);
    expect(shown(arrived)).toEqual(shown(step));
    expect(revealed(shown(arrived) as object)).toEqual(revealed(shown(step) as object));
  });

  it('the name of a stream, which is read there', async () => {
    const opened: number[] = [];
    const open = async function* (): AsyncGenerator<Uint8Array> {};
    const step = { command: sh`cat`.withInput({ kind: 'stream', open }) };
    const { input } = unpackStep(structuredClone(packStep(step, (given) => (given.open === open ? 7 : 0))), (id) => {
      opened.push(id);
      return open();
    }).command;
    expect(input?.kind === 'stream' && (await input.open()[Symbol.asyncIterator]().next()).done).toBe(true);
    expect(opened).toEqual([7]);
  });

  it('a part of a large buffer, without the rest of it', () => {
    const whole = Buffer.alloc(100_000);
    const { input } = packStep({ command: sh`cat`.withInput({ kind: 'bytes', bytes: whole.subarray(10, 20) }) }, noStream);
    expect(input).toMatchObject({ kind: 'bytes', bytes: { length: 10, buffer: { byteLength: 10 } } });
  });

  it.each<[string, CtplayError]>([
    ['an error', new CtplayError('ssh.dropped', 'it is lost')],
    ['with all that is known', new CtplayError('ssh.host-key', 'changed', { span: { file: 'known_hosts', line: 2, column: 1 }, expected: 'one', found: 'other', hint: 'Do this.', detail: 'a\nb' })],
    ['with an exit status of its own', new CtplayError('task.failed', 'failed', {}, 4)],
  ])('%s', (_name, error) => {
    const arrived = unpackError(structuredClone(packError(error)));
    expect(arrived).toBeInstanceOf(CtplayError);
    expect(arrived).toMatchObject({ code: error.code, message: error.message, exitStatus: error.exitStatus, details: error.details, stack: error.stack });
  });

  it('the cause of an error', () => {
    const cause = new TypeError('why');
    const arrived = unpackError(structuredClone(packError(new CtplayError('ssh.unreachable', 'lost', { found: 'x', cause }))));
    expect(arrived.cause).toMatchObject({ name: 'TypeError', message: 'why', stack: cause.stack });
  });

  it.each([
    ['a defect', new RangeError('too much'), { name: 'RangeError', message: 'too much' }],
    ['what is no error at all', 'words', { name: 'Error', message: 'words' }],
  ])('%s', (_name, thrown, expected) => {
    const arrived = unpackError(structuredClone(packError(thrown)));
    expect(arrived).not.toBeInstanceOf(CtplayError);
    expect(arrived).toMatchObject(expected);
  });
});
