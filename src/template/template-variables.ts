/** What a template's file may say of itself: `ansible_managed` and its like. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { localTime, strftime } from './python/datetime.ts';

/** Ansible's `[defaults] ansible_managed` where nothing is set. */
export const usualManagedText = 'Ansible managed';

/**
 * The variables of a template's file on this machine. `managed` is the text for ansible_managed: {host}, {uid} and {file} in it are filled
 * in, and the codes of strftime(3) from the file's time. No variables when there is no such file.
 */
export function templateVariables(file: string, managed: string = usualManagedText): Readonly<Record<string, unknown>> {
  if (!existsSync(file)) return {};
  const { uid, mtime } = statSync(file);
  const known = { host: hostname(), uid: userName(uid), file };
  const filled = managed.replaceAll(/\{(host|uid|file)\}/g, (_, name: keyof typeof known) => known[name]);
  return {
    ansible_managed: strftime(filled, localTime(mtime)),
    template_host: known.host,
    template_uid: known.uid,
    template_path: file,
    template_fullpath: file,
    template_mtime: localTime(mtime),
    template_run_date: localTime(new Date()),
  };
}

function userName(uid: number): string {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((one) => one.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? String(uid);
}
