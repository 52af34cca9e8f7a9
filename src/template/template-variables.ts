/** What a template's file may say of itself: `ansible_managed` and its like. */
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { localTime, strftime } from './python/datetime.ts';

/** Ansible's `[defaults] ansible_managed` where nothing is set. */
export const usualManagedText = 'Ansible managed';

/**
 * The variables of a template's file on this machine. `managed` is the text for ansible_managed: {host}, {uid} and {file} in it are filled
 * in, and the codes of strftime(3) from the file's time. No variables when there is no such file.
 */
export function templateVariables(file: string, managed: string = usualManagedText): Readonly<Record<string, unknown>> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return {};
  const { uid, mtime } = found;
  // Few templates ask for any of them.
  const words = {
    host: () => hostname(),
    uid: () => userName(uid),
    file: () => file,
  };
  return {
    get ansible_managed() {
      return strftime(managed.replaceAll(/\{(host|uid|file)\}/g, (_, name: keyof typeof words) => words[name]()), localTime(mtime));
    },
    get template_host() {
      return words.host();
    },
    get template_uid() {
      return words.uid();
    },
    template_path: file,
    template_fullpath: file,
    get template_mtime() {
      return localTime(mtime);
    },
    get template_run_date() {
      return localTime(new Date());
    },
  };
}

function userName(uid: number): string {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((one) => one.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? String(uid);
}
