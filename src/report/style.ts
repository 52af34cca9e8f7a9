/** Colors, and whether to use them. */
import type { Output } from './options.ts';
import type { TaskStatus } from '../events.ts';

type Paint = (text: string) => string;

/** Functions that color a text, or give it as it is. */
export type Style = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan', Paint>>;

// Select Graphic Rendition parameters (ECMA-48 8.3.117): on and off.
const sgr = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39] } as const;

export function createStyle(color: boolean): Style {
  const paint = ([on, off]: readonly [number, number]): Paint => (text) => (color && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text);
  return Object.fromEntries(Object.entries(sgr).map(([name, codes]) => [name, paint(codes)])) as Style;
}

/** Colors on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb speak against them; FORCE_COLOR wants them anywhere. */
export function wantsColor(output: Output, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0';
  return output.isTTY === true && env['TERM'] !== 'dumb';
}

/** Ansible's colors of the outcomes. */
export function paintOf(style: Style, status: TaskStatus): Paint {
  switch (status) {
    case 'ok':
      return style.green;
    case 'changed':
      return style.yellow;
    case 'skipped':
      return style.cyan;
    case 'interrupted':
      return style.magenta;
    case 'failed':
    case 'unreachable':
      return style.red;
  }
}
