/** Programs that a host may lack. */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

/** Whether the host has a program in its PATH. */
export function hasTool(name: string): Fact<boolean> {
  return { kind: 'tool', key: name, read: sh`command -v ${name}`, domains: ['package'], parse: (result) => result.status === 0 };
}
