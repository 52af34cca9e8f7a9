/** A user's table of cron(8): crontab(1). */
import { createHash } from 'node:crypto';
import type { Fact, Reading } from '../../src/module.ts';
import { nothing, sh } from '../../src/shell.ts';
import { FileContent } from '../shared/file-content.ts';
import { stateFolder } from '../shared/keep.ts';

export interface Crontab {
  readonly content: FileContent;
  readonly sha256: string;
  /** Asked for with `kept`: the table that had this digest, where it is still kept. */
  readonly kept?: FileContent;
}

/** The table of `user`, or of the user who asks. An empty table and none are the same. */
export function crontab(user: string | undefined, kept?: string): Fact<Reading<Crontab>> {
  const whose = user === undefined ? nothing : sh` -u ${user}`;
  return {
    kind: 'crontab',
    key: user ?? '',
    read: sh`LC_ALL=C; export LC_ALL; command -v crontab >/dev/null || exit 127; crontab${whose} -l; s=$?${kept === undefined ? nothing : sh`; ${stateFolder}; printf '\\0'; cat "$k/backup/"${kept} 2>/dev/null`}; exit $s`,
    domains: [`crontab:${user ?? ''}`],
    parse({ status, stdout, stderr }) {
      const [text = '', before] = stdout.split('\0');
      if (status === 127) return { state: 'unavailable', reason: 'not-installed', detail: 'crontab: not found' };
      if (status !== 0 && !/no crontab for/.test(stderr)) return { state: 'unavailable', reason: /not allowed|unknown|must be privileged/.test(stderr) ? 'denied' : 'unreadable', detail: stderr.trim() };
      return { state: 'present', value: { content: new FileContent(Buffer.from(text)), sha256: createHash('sha256').update(text).digest('hex'), ...(before === undefined || kept === undefined ? {} : { kept: new FileContent(Buffer.from(before)) }) } };
    },
  };
}
