/** What a reset leaves alone: the management path, and what the user wants kept. */
import type { ManagementPath } from './kind.ts';

/** Why a thing may not be touched, as a clause; undefined when it may. */
export type Protects = (kind: string, key: string) => string | undefined;

/** `keep` holds patterns as of `keepMatcher`. */
export function protection(management: ManagementPath, keep: readonly string[]): Protects {
  const kept = keep.map((pattern) => [pattern, keepMatcher(pattern)] as const);
  return (kind, key) => {
    const pattern = kept.find(([, matches]) => matches(kind, key))?.[0];
    if (pattern !== undefined) return `${keepFlag}${pattern} names it`;
    return carriesSession(management, kind, key) ? 'it carries the management session' : undefined;
  };
}

const keepFlag = '--keep ';

/** Whether a reason of `protection` is that the user wants it so. */
export function isKept(why: string): boolean {
  return why.startsWith(keepFlag);
}

function carriesSession({ links, services }: ManagementPath, kind: string, key: string): boolean {
  if (kind === 'link') return links.includes(key);
  return kind === 'service' && (services.includes(key) || services.includes(`${key}.service`));
}

/**
 * A pattern of --keep: a kind (`package`), a thing (`br-lab`, `/home/*`), or both (`link:br-*`). `*` stands for any text, `?` for one
 * character.
 */
export function keepMatcher(pattern: string): (kind: string, key: string) => boolean {
  const whole = glob(pattern);
  return (kind, key) => whole.test(kind) || whole.test(key) || whole.test(`${kind}:${key}`);
}

/** Whether a pattern names what a ledger is about, such as `bridge br0`: all of it, or its name. */
export function keepsSubject(pattern: string, subject: string): boolean {
  const whole = glob(pattern.replace(/^[\w-]+:(?=.)/, ''));
  return whole.test(subject) || subject.split(/\s+/).slice(1).some((word) => whole.test(word));
}

function glob(pattern: string): RegExp {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
