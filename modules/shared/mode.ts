/** File modes as people write them: `'0644'`, 0o644, `u=rw,g=r`. */
import type { ArgumentProblem } from '../../src/module.ts';

export type Mode = string | number;

/** Permission bits as Ansible writes them, such as `0644`. */
export function octal(bits: number): string {
  return bits.toString(8).padStart(4, '0');
}

/**
 * The permission bits that a mode asks for. A symbolic mode (chmod(1)) starts from `current`; without a `u`, `g`, `o` or `a` in front it
 * means all, less the usual umask of 022. Throws RangeError where `modeProblem` would complain.
 */
export function resolveMode(mode: Mode, current: number, isDirectory: boolean): number {
  if (typeof mode === 'number') return mode;
  if (/^(0o)?[0-7]{1,5}$/.test(mode)) return Number.parseInt(mode.replace(/^0o/, ''), 8);
  return mode.split(',').reduce((bits, clause) => applyClause(clause, bits, isDirectory), current);
}

/** What is wrong with a mode, or undefined. */
export function modeProblem(mode: Mode, path: readonly (string | number)[] = ['mode']): ArgumentProblem | undefined {
  if (typeof mode === 'number') {
    if (mode >= 0 && mode <= 0o7777 && (isPlausible(mode) || !isPlausible(Number.parseInt(String(mode), 8)))) return undefined;
    return { path, message: `the number ${mode} is the mode ${octal(Math.max(0, mode))}`, hint: `Write modes in quotes: '0${mode}'.` };
  }
  const bits = /^(0o)?[0-7]{1,5}$/.test(mode) ? resolveMode(mode, 0, false) : undefined;
  if (bits !== undefined ? bits <= 0o7777 : mode.split(',').every((clause) => clausePattern.test(clause))) return undefined;
  return { path, message: `'${mode}' is no file mode`, hint: `Write it as in chmod(1): '0644' or 'u=rw,g=r,o='.` };
}

const clausePattern = /^([ugoa]*)(([-+=])([rwxXst]*|[ugo]))+$/;
const shifts = { u: 6, g: 3, o: 0 } as const;
type Who = keyof typeof shifts;

function applyClause(clause: string, bits: number, isDirectory: boolean): number {
  const match = clausePattern.exec(clause);
  if (!match) throw new RangeError(`'${clause}' is no file mode`);
  const named = match[1]!;
  const who = (named === '' || named.includes('a') ? ['u', 'g', 'o'] : [...new Set(named)]) as Who[];
  const masked = named === '' ? 0o022 : 0;
  let result = bits;
  for (const [, operator, permissions] of clause.slice(named.length).matchAll(/([-+=])([rwxXst]*(?![ugo])|[ugo])/g)) {
    const executable = isDirectory || (result & 0o111) !== 0;
    for (const one of who) result = applyTo(one, operator!, permissions!, result, executable, masked, isDirectory);
    if (permissions!.includes('t')) result = operator === '-' ? result & ~0o1000 : result | 0o1000;
  }
  return result;
}

function applyTo(who: Who, operator: string, permissions: string, bits: number, executable: boolean, masked: number, isDirectory: boolean): number {
  const shift = shifts[who];
  const special = who === 'u' ? 0o4000 : who === 'g' ? 0o2000 : 0;
  const wanted = (/^[ugo]$/.test(permissions) ? ((bits >> shifts[permissions as Who]) & 7) << shift : permissionBits(permissions, executable) << shift) & ~masked;
  const set = wanted | (permissions.includes('s') ? special : 0);
  if (operator === '+') return bits | set;
  if (operator === '-') return bits & ~set;
  // As chmod(1): '=' leaves a directory's set-id bits alone unless they are named.
  return (bits & ~((7 << shift) | (isDirectory && !permissions.includes('s') ? 0 : special))) | set;
}

function permissionBits(letters: string, executable: boolean): number {
  return (letters.includes('r') ? 4 : 0) | (letters.includes('w') ? 2 : 0) | (letters.includes('x') || (letters.includes('X') && executable) ? 1 : 0);
}

/** Whether nobody else may do what the owner may not: true of nearly all modes meant, of few misread ones. */
function isPlausible(bits: number): boolean {
  const [owner, group, other] = [(bits >> 6) & 7, (bits >> 3) & 7, bits & 7];
  return !Number.isNaN(bits) && (group & ~owner) === 0 && (other & ~owner) === 0;
}
