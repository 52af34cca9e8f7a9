import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Fact, type Reading } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { crontab, type Crontab } from './facts/crontab.ts';
import { file, noFile, type LocatedFile } from './facts/file.ts';
import { settled } from './facts/settled.ts';
import { entryLine, withEntry, type CronEntry } from './shared/cron-table.ts';
import { stateFolder } from './shared/keep.ts';
import { inlineContent } from './shared/local-file.ts';
import { joinPath } from './shared/path.ts';
import { fileToRevert, known, placeFile, revertFile } from './shared/place-file.ts';
import { each } from './shared/refusals.ts';

const field = (what: string) => Type.String({ default: '*', pattern: '^\\S+$', description: `The ${what}, as in crontab(5).` });
const args = Type.Object({
  name: Type.String({ minLength: 1, pattern: '^[^\\n]+$', description: 'What the entry is found by; with `env` the name of the variable.' }),
  job: Type.Optional(Type.String({ minLength: 1, pattern: '^[^\\n]+$', aliases: ['value'], description: 'The command, or the value of the variable.' })),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether there should be such an entry.' }),
  minute: field('minute'),
  hour: field('hour'),
  day: Type.String({ default: '*', pattern: '^\\S+$', aliases: ['dom'], description: 'The day of the month.' }),
  month: field('month'),
  weekday: Type.String({ default: '*', pattern: '^\\S+$', aliases: ['dow'], description: 'The day of the week.' }),
  special_time: Type.Optional(Type.Enum(['annually', 'daily', 'hourly', 'monthly', 'reboot', 'weekly', 'yearly'], { description: 'A name instead of the times.' })),
  user: Type.Optional(Type.String({ description: 'Whose table it is; in `cron_file` the user the job runs as.' })),
  cron_file: Type.Optional(Type.String({ description: 'A file in /etc/cron.d (or an absolute path) instead of a user table.' })),
  disabled: Type.Boolean({ default: false, description: 'Have the job there as a comment only.' }),
  env: Type.Boolean({ default: false, description: 'The entry is a variable.' }),
  backup: Type.Boolean({ default: false, description: 'As in Ansible; what was there is always kept for reset.' }),
});
type Args = Static<typeof args>;
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly table: Fact<Reading<Crontab>>;
  readonly file: Fact<LocatedFile>;
}

/** An entry of cron. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Have a job of cron, or not',
  args,
  refuses: each(['insertafter', 'insertbefore'], 'A variable holds for all entries below it and is put at the top; write the file with `template` where it should hold for some alone.'),
  returnValues: { jobs: 'the names of all entries', envs: 'the names of all variables', cron_file: 'the argument', state: 'the argument' },
  examples: `
- cron: {name: look after the tunnel, minute: '*/5', job: /usr/local/bin/check-tunnel}
`,
  *validate(given) {
    if (given.state === 'present' && given.job === undefined) yield { path: ['job'], message: 'state: present needs job' };
    if (given.cron_file !== undefined && given.user === undefined && given.state === 'present' && !given.env) yield { path: ['user'], message: 'cron_file needs user, whom the job runs as' };
    if (given.special_time !== undefined && [given.minute, given.hour, given.day, given.month, given.weekday].some((time) => time !== '*')) yield { path: ['special_time'], message: 'special_time excludes minute, hour, day, month and weekday' };
  },
  brief: true,
  subject: ({ name, user, cron_file }) => `cron entry ${name} of ${cron_file ?? user ?? 'the user'}`,
  facts: ({ user, cron_file }) => ({
    table: cron_file === undefined ? crontab(user) : settled<Reading<Crontab>>({ state: 'absent' }),
    file: cron_file === undefined ? settled(noFile) : file(joinPath('/etc/cron.d', cron_file).replace(/^\/etc\/cron\.d\/(?=\/)/, ''), { follow: true, digest: true, content: { limit: 1 << 20 } }),
  }),
  *plan(given, { table, file: located }) {
    const line = given.state === 'absent' ? undefined : lineOf(given);
    if (given.cron_file !== undefined) {
      const state = known(located);
      const old = state?.content?.text ?? '';
      const text = withEntry(old, entryOf(given), line);
      if (state === undefined && text === '') return;
      const { input, sha256, text: shown } = inlineContent(Buffer.from(text));
      yield* placeFile(located, { sha256, input }, { ...(state === undefined ? { mode: '0644' } : {}), text: shown });
      return;
    }
    const { content, sha256 } = knownTable(table, given);
    const text = withEntry(content.text, entryOf(given), line);
    if (text !== content.text) yield tableChange(given, content.text, text, sha256);
  },
  revertFacts: ({ user }, before) => ({
    table: before.table.state === 'present' ? crontab(user, before.table.value.sha256) : settled<Reading<Crontab>>({ state: 'absent' }),
    file: fileToRevert(before.file),
  }),
  *revert(given, now, before) {
    if (given.cron_file !== undefined) yield* revertFile(now.file, before.file);
    if (now.table.state !== 'present') return;
    const { content, kept } = now.table.value;
    // Only this entry goes back; others may have changed since.
    const text = withEntry(content.text, entryOf(given), entryLine(kept?.text ?? '', entryOf(given)));
    if (text !== content.text) yield tableChange(given, content.text, text, undefined);
  },
  returns(given, { now }) {
    const text = now.table.state === 'present' ? now.table.value.content.text : '';
    const names = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1]!);
    return { jobs: names(/^#Ansible: (.*)$/gm), envs: names(/^(\w+)\s*=/gm), cron_file: given.cron_file ?? null, state: given.state };
  },
});

const entryOf = ({ name, env }: Args): CronEntry => ({ name, variable: env });

function lineOf({ name, job = '', env, disabled, special_time, minute, hour, day, month, weekday, user, cron_file }: Args): string {
  if (env) return `${name}="${job}"`;
  const time = special_time === undefined ? `${minute} ${hour} ${day} ${month} ${weekday}` : `@${special_time}`;
  return `${disabled ? '#' : ''}${time} ${cron_file === undefined ? '' : `${user} `}${job}`;
}

function knownTable(table: Reading<Crontab>, { user }: Args): Crontab {
  if (table.state === 'present') return table.value;
  const detail = table.state === 'unavailable' ? table : undefined;
  if (detail?.reason === 'not-installed') throw new PreconditionError('cron is not installed', { found: detail.detail, hint: 'Install the package cron.' });
  throw new PreconditionError(`the crontab of ${user ?? 'the user'} cannot be read`, { found: detail?.detail });
}

function tableChange({ name, user }: Args, from: string, to: string, keepAs: string | undefined): Change {
  const whose = user === undefined ? nothing : sh` -u ${user}`;
  const kept = keepAs === undefined || from === '' ? [] : [sh`umask 077; ${stateFolder}; mkdir -p "$k/backup" && cat >"$k/backup/"${keepAs}`.withInput(from)];
  const write = to === '' ? sh`crontab${whose} -r` : sh`crontab${whose} -`.withInput(to);
  return { action: from === '' ? 'create' : to === '' ? 'delete' : 'update', subject: `cron entry ${name}`, text: { label: `crontab of ${user ?? 'the user'}`, from, to }, commands: [...kept, write], touches: ['crontab'] };
}
