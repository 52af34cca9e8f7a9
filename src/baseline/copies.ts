/**
 * The controller's copies of baselines, for hosts that lost theirs or had it tampered with. They lie in ctplay's state folder (XDG Base
 * Directory: $XDG_STATE_HOME) by inventory and host, so that the host1 of two inventories are two, and only their owner may look into them.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { existsSync } from 'node:fs';
import { digest } from './fingerprint.ts';

export class Copies {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The copies of hosts of an inventory, told by its sources as on the command line. */
  static of(sources: readonly string[], env: NodeJS.ProcessEnv = process.env): Copies {
    const state = env['XDG_STATE_HOME'] || path.join(homedir(), '.local/state');
    const places = sources.map((source) => (existsSync(source) ? path.resolve(source) : source));
    const word = path.basename(places[0] ?? 'inventory').replaceAll(/[^\w.-]+/g, '-').slice(0, 40);
    return new Copies(path.join(state, 'ctplay/baselines', `${word}-${digest(places.join('\0')).slice(0, 12)}`));
  }

  /** The text of a host's copy; undefined when there is none. */
  async read(host: string, name: string): Promise<string | undefined> {
    try {
      return await readFile(path.join(this.#place(host, name), 'baseline.json'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Names of the baselines that there are copies of. */
  async names(host: string): Promise<readonly string[]> {
    const folder = this.#hostFolder(host);
    return existsSync(folder) ? (await readdir(folder)).filter((name) => existsSync(path.join(folder, name, 'baseline.json'))).sort() : [];
  }

  /** Where the contents of a capture lie, or are to be put before `commit`. */
  contents(host: string, name: string, id: string): string {
    return path.join(this.#place(host, name), id);
  }

  /** Makes the folder of `contents`. */
  async prepare(host: string, name: string, id: string): Promise<string> {
    const folder = this.contents(host, name, id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Puts a copy into place and removes that of earlier captures. */
  async commit(host: string, name: string, id: string, text: string): Promise<void> {
    await this.prepare(host, name, id);
    const folder = this.#place(host, name);
    const file = path.join(folder, 'baseline.json');
    await writeFile(`${file}.new`, text, { mode: 0o600 });
    await rename(`${file}.new`, file);
    for (const one of await readdir(folder)) if (one !== 'baseline.json' && one !== id) await rm(path.join(folder, one), { recursive: true, force: true });
  }

  /** Gives whether there was one. */
  async remove(host: string, name: string): Promise<boolean> {
    const folder = this.#place(host, name);
    const there = existsSync(folder);
    await rm(folder, { recursive: true, force: true });
    return there;
  }

  /** A file of the inventory's own, such as how the last reset ended. */
  file(name: string): string {
    return path.join(this.#folder, name);
  }

  async writeFile(name: string, text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(`${this.file(name)}.new`, text, { mode: 0o600 });
    await rename(`${this.file(name)}.new`, this.file(name));
  }

  #hostFolder(host: string): string {
    return path.join(this.#folder, 'hosts', encodeURIComponent(host).replace(/^\./, '%2E'));
  }

  #place(host: string, name: string): string {
    return path.join(this.#hostFolder(host), name);
  }
}
