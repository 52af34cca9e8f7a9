/** What a run leaves that a user sees: the recap, the exit status and the files. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

export type Counters = Readonly<Record<string, number>>;

export interface Outcome {
  readonly status: number | null;
  /** Host → Ansible's counters. */
  readonly recap: Readonly<Record<string, Counters>>;
  /** `host/path` → type, mode and content. */
  readonly files: Readonly<Record<string, string>>;
  /** Everything printed, to be shown when outcomes differ. */
  readonly output: string;
}

const recapLine = /^(\S+)\s*:\s+(ok=\d+.*)$/gm;

/** The counters of a recap as both tools print it. */
export function recapOf(output: string): Record<string, Counters> {
  const hosts = [...output.matchAll(recapLine)].map(([, host, counters]) => [host!, Object.fromEntries([...counters!.matchAll(/(\w+)=(\d+)/g)].map(([, name, count]) => [name!, Number(count)]))] as const);
  return Object.fromEntries(hosts);
}

/** All files below a folder. */
export function filesBelow(folder: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    const file = path.join(folder, name);
    const shown = `${prefix}${name}`;
    const state = lstatSync(file);
    const mode = (state.mode & 0o7777).toString(8).padStart(4, '0');
    if (state.isDirectory()) Object.assign(found, { [shown]: `directory ${mode}` }, filesBelow(file, `${shown}/`));
    else if (state.isSymbolicLink()) found[shown] = `link ${readlinkSync(file)}`;
    else found[shown] = `file ${mode}\n${readFileSync(file, 'utf8')}`;
  }
  return found;
}
