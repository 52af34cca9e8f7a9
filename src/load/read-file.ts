/** Files that the user named. */
import { readFileSync } from 'node:fs';
import { CtplayError, type SourceSpan } from '../errors.ts';

/** A file's text. Throws file.missing or file.unreadable; `what` names the file's role, as in 'the playbook'. */
export function readText(file: string, what: string, span?: SourceSpan): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new CtplayError('file.missing', `there is no file '${file}' (${what})`, { span });
    const reason = code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'permission denied' : String((error as Error).message);
    throw new CtplayError('file.unreadable', `'${file}' (${what}) can't be read: ${reason}`, { span });
  }
}
