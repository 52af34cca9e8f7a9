/** What the Docker modules share: the mark of ownership, a daemon that must answer, comparison of settings. */
import { createHash } from 'node:crypto';
import { PreconditionError } from '../../src/errors.ts';
import type { Reading } from '../../src/module.ts';

/** The label of what ctplay made; its value names the module, since containers inherit their image's labels. */
export const dockerMark = 'ctplay';
/** The label that holds a digest of the configuration something was made from. */
export const configMark = 'ctplay.config';

export function isMarked(module: string, thing: { readonly labels: Readonly<Record<string, string>> }): boolean {
  return thing.labels[dockerMark] === module;
}

/** The value, or undefined when there is no such thing. Throws PreconditionError when Docker can't be asked. */
export function fromDocker<T>(reading: Reading<T>): T | undefined {
  if (reading.state === 'present') return reading.value;
  if (reading.state === 'absent') return undefined;
  const { reason, detail } = reading;
  if (reason === 'not-installed') throw new PreconditionError('Docker is not installed on the host', { hint: 'Install it first, with the module `install_docker`.' });
  if (reason === 'not-running') throw new PreconditionError('the Docker daemon does not answer', { found: detail, hint: 'Start it: `service: {name: docker, state: started}`; `journalctl -u docker` on the host tells why it ended.' });
  if (reason === 'denied') throw new PreconditionError('the user may not talk to the Docker daemon', { found: detail, hint: 'Add `become: true`, or put the user into the group docker.' });
  throw new PreconditionError('what Docker answered makes no sense', { found: detail });
}

/** A digest of settings, the same whatever the order of keys. Undefined values don't count, so that new arguments change no old digest. */
export function digestOf(settings: unknown): string {
  return createHash('sha256').update(canonical(settings)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
}
