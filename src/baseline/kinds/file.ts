import { defineKind, type CaptureSettings } from '../kind.ts';
import { clauses, printable } from './differing.ts';
import { keepFiles, watchedFiles, type FileItem } from './file-read.ts';
import { restoreFiles } from './file-restore.ts';

/** Files below the folders chosen at capture. */
export function fileKind({ folders }: CaptureSettings) {
  const facts = { files: watchedFiles(folders) };
  return defineKind<FileItem, typeof facts>({
    name: 'file',
    summary: 'Files below the chosen folders: type, mode, owner, digest of the content, where links lead; contents up to 256 KiB are kept',
    facts,
    items: ({ files }) => files,
    subject: ({ key, before, now }) => `${now?.type ?? before?.type ?? 'file'} ${printable(key)}`,
    words: (difference) => clauses(difference, changes),
    ledgerSubjects: (key) => [`file ${key}`, key, ...homeOf(key)],
    keep: (folder) => keepFiles(folders, folder),
    restore: restoreFiles,
  });
}

/** A user is made together with a home, and with what /etc/skel holds in it. */
function homeOf(path: string): string[] {
  const name = /^\/home\/([^/]+)(?:\/\.(?:bash_logout|bashrc|profile))?$/.exec(path)?.[1];
  return name === undefined ? [] : [`user ${name}`];
}

function changes(before: FileItem, now: FileItem): string[] {
  if (before.type !== now.type) return [`was a ${before.type}`];
  return [
    ...(before.sha256 === now.sha256 && before.modified === now.modified ? [] : ['differs']),
    ...(before.target === now.target ? [] : [`leads to ${printable(now.target ?? '')}, not ${printable(before.target ?? '')}`]),
    ...(before.mode === now.mode ? [] : [`has mode ${now.mode ?? ''}, not ${before.mode ?? ''}`]),
    ...(before.owner === now.owner ? [] : [`belongs to ${now.owner}, not ${before.owner}`]),
  ];
}
