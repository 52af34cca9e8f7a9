/** Small helpers for files: expected absences, atomic writes. */
import { rename, writeFile } from 'node:fs/promises';

/** The result of a file operation, or undefined when it fails with one of the given codes (see errno(3)). */
export async function ignoring<T>(codes: readonly string[], operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Writes a file so that a reader, or the next run after a crash, sees the old text or the new one, never a part. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, path);
}
