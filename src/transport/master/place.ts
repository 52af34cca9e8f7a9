/** Where the master of a user listens. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

/** What the environment says of the places for such files (XDG Base Directory). */
export interface Home {
  readonly home: string;
  readonly runtimeFolder: string | undefined;
  readonly stateFolder: string | undefined;
}

/** A path that fits into sun_path everywhere (unix(7): 108 bytes, and 104 on other systems), with what is put behind it for a moment. */
const MAX_PATH_BYTES = 103 - '.4194304'.length;

/** The folder for sockets: gone with the user's last login where the system has such a place, else below the home. */
export function socketFolder({ home, runtimeFolder, stateFolder }: Home): string {
  return join(runtimeFolder || stateFolder || join(home, '.local', 'state'), 'ctplay');
}

/**
 * The socket of the master that runs `file`, in a folder that nobody else can enter. Its name says of which build and which machine it is: a
 * home may be shared by several.
 * @throws Error why there can be none, in words for a log
 */
export async function socketPath(home: Home, file: string): Promise<string> {
  const folder = socketFolder(home);
  const { mtimeMs, ino } = await stat(file);
  const build = createHash('sha256').update(JSON.stringify([file, mtimeMs, ino, process.version, hostname()])).digest('hex').slice(0, 16);
  const path = join(folder, `master-${build}`);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new Error(`${path} is too long for a socket`);
  // The runtime folder itself is the system's to make.
  await mkdir(folder, { recursive: home.runtimeFolder === undefined, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await requirePrivate(folder);
  return path;
}

/** Throws where others than this user own a folder, or can enter it. */
async function requirePrivate(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (!found.isDirectory()) throw new Error(`${folder} is no folder`);
  if (found.uid !== process.getuid!()) throw new Error(`${folder} belongs to another user`);
  if ((found.mode & 0o077) !== 0) throw new Error(`others can enter ${folder}`);
  const above = await stat(dirname(folder));
  if (above.uid !== process.getuid!() && above.uid !== 0) throw new Error(`${dirname(folder)} belongs to another user`);
}
