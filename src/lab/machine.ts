/** Settings of the machine that labs share: changed by the first lab, put back after the last. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring, writeWhole } from './files.ts';
import type { LabPaths } from './layout.ts';

/** The least value that labs need of each sysctl(8) setting. */
const needed = {
  'net/ipv4/ip_forward': 1,
  // Each systemd takes several, and all hosts' root is the same user to the kernel.
  'fs/inotify/max_user_instances': 8192,
} as const;

interface SavedSettings {
  readonly boot: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Raises what is too low and remembers what it was. Call with the labs' lock held. */
export async function prepareMachine(paths: LabPaths): Promise<void> {
  const saved = await savedSettings(paths);
  const settings: Record<string, string> = { ...saved };
  const low: string[] = [];
  for (const [name, value] of Object.entries(needed)) {
    const current = (await readFile(join('/proc/sys', name), 'utf8')).trim();
    if (Number(current) >= value) continue;
    settings[name] ??= current;
    low.push(name);
  }
  if (low.length === 0) return;
  // Before the change, so that a kill in between loses nothing.
  await writeWhole(settingsFile(paths), JSON.stringify({ boot: await bootId(), settings } satisfies SavedSettings));
  for (const name of low) await writeFile(join('/proc/sys', name), String(needed[name as keyof typeof needed]));
}

/** Puts the settings back. Call with the labs' lock held, when no lab is left. */
export async function restoreMachine(paths: LabPaths): Promise<void> {
  for (const [name, value] of Object.entries(await savedSettings(paths))) await writeFile(join('/proc/sys', name), value);
  await rm(settingsFile(paths), { force: true });
}

/** What was remembered since the machine started; a restart has put everything back by itself. */
async function savedSettings(paths: LabPaths): Promise<Readonly<Record<string, string>>> {
  const text = await ignoring(['ENOENT'], readFile(settingsFile(paths), 'utf8'));
  if (text === undefined) return {};
  const saved = JSON.parse(text) as SavedSettings;
  return saved.boot === (await bootId()) ? saved.settings : {};
}

function settingsFile(paths: LabPaths): string {
  return join(paths.cache, 'machine.json');
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
