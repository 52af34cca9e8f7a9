import type { Fact, Reading } from '../../module.ts';
import { sh, type Command } from '../../shell.ts';
import { parseRecords } from '../../../modules/shared/record.ts';
import { present } from '../../../modules/facts/reading.ts';
import { defineKind } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';

/** Where Debian's cron(8) has the tables of users, each named like its user. */
const folder = '/var/spool/cron/crontabs';

export type UserCrontab = { readonly sha256: string; readonly mode: string };

const crontabs: Fact<Reading<Readonly<Record<string, UserCrontab>>>> = {
  kind: 'crontabs',
  key: '',
  read: sh`cd ${folder} 2>/dev/null || exit 0; find . -maxdepth 1 -type f -printf 'file=%f\\0mode=%m\\0' ; printf 'digests\\0'; find . -maxdepth 1 -type f -exec sha256sum -z {} +`,
  domains: ['crontab'],
  parse: ({ stdout }) => {
    const [described = '', digests = ''] = stdout.split('digests\0');
    const sha256 = new Map(digests.split('\0').map((line) => [line.slice('./'.length + 66), line.slice(0, 64)]));
    return present(Object.fromEntries(parseRecords(described, 'file').map((record) => [record.get('file')!, { sha256: sha256.get(record.get('file')!) ?? '', mode: record.get('mode') ?? '' }])));
  },
};

/** Tables of users for cron. The system's own, /etc/crontab and /etc/cron.d, are files. */
export const cronKind = defineKind<UserCrontab, { crontabs: typeof crontabs }>({
  name: 'cron',
  summary: 'Tables of users for cron, by their content',
  facts: { crontabs },
  items: ({ crontabs }) => crontabs,
  subject: ({ key }) => `crontab of ${key}`,
  words: (difference) => clauses(difference, (before, now) => [...(before.sha256 === now.sha256 ? [] : ['differs']), ...(before.mode === now.mode ? [] : [`has mode ${now.mode}, not ${before.mode}`])]),
  ledgerSubjects: (key) => [`crontab of ${key}`],
  keep: (target) => sh`[ ! -d ${folder} ] || tar -C ${folder} -czf ${`${target}/crontabs.tar.gz`} --numeric-owner .`,
  *restore(differences, { contents }) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key, now } of added) {
      yield { stage: 'files', keys: [key], change: { action: 'delete', subject: `crontab of ${key}`, from: now, commands: [sh`rm -f -- ${`${folder}/${key}`}`, told], typed: [sh`crontab -r -u ${key}`] } };
    }
    for (const { key, before, now } of [...gone.map((one) => ({ ...one, now: undefined })), ...changed]) {
      if (contents === undefined) yield { key, why: 'what was kept at capture is gone' };
      else yield { stage: 'files', keys: [key], change: { action: now ? 'update' : 'create', subject: `crontab of ${key}`, ...(now ? { from: now } : {}), to: before, commands: [put(contents, key), told] } };
    }
  },
});

// cron reads tables anew when the folder's time changed.
const told: Command = sh`[ ! -d ${folder} ] || touch ${folder}`;

function put(contents: string, user: string): Command {
  return sh`tar -C ${folder} -xzpf ${`${contents}/crontabs.tar.gz`} --numeric-owner ${`./${user}`}`;
}
