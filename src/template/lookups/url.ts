/** The lookup `url`: what a web server answers, asked from the controller. */
import { execFileSync } from 'node:child_process';
import { CtplayError } from '../../errors.ts';
import { define } from '../define.ts';
import { truthy } from '../python/compare.ts';
import { dictEntries } from '../python/dict.ts';
import { toNumber } from '../python/number.ts';
import { splitLines } from '../python/str-methods.ts';
import { text } from '../python/text.ts';
import { isDict } from '../python/values.ts';
import type { Definition } from '../define.ts';

interface Question {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly redirect: 'follow' | 'error';
}

// Templates can't wait, so that another process has to; it reads the question from its standard input.
const asking = `
const { url, headers, seconds, redirect } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
fetch(url, { headers, redirect, signal: AbortSignal.timeout(seconds * 1000) }).then(
  async (answer) => {
    process.stdout.write(await answer.text());
    if (!answer.ok) { console.error('HTTP status ' + answer.status + ' ' + answer.statusText); process.exitCode = 1; }
  },
).catch((error) => { console.error(error.cause?.message ?? error.message); process.exitCode = 1; });`;

function answerTo(question: Question, checkCertificates: boolean): string {
  const env = { ...process.env, ...(checkCertificates ? {} : { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }) };
  try {
    return execFileSync(process.execPath, ['-e', asking], { input: JSON.stringify(question), env, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 64 << 20 });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new CtplayError('template.value', `the lookup of ${question.url} failed`, { expected: 'an answer with a status from 200 to 299', found: stderr?.trim(), cause });
  }
}

function headersOf(given: unknown, user: unknown, password: unknown): Record<string, string> {
  const headers = isDict(given) ? Object.fromEntries(dictEntries(given).map(([name, value]) => [text(name), text(value)])) : {};
  return user === null ? headers : { Authorization: `Basic ${Buffer.from(`${text(user)}:${password === null ? '' : text(password)}`).toString('base64')}`, ...headers };
}

const options = 'split_lines=True, validate_certs=True, username=None, password=None, headers=None, timeout=10, follow_redirects="urllib2", use_proxy=True, http_agent="ctplay", force=False, force_basic_auth=False';

export const urlLookups: Readonly<Record<string, Definition>> = {
  url: define(`*terms, ${options}`, (_context, _value, terms, split, check, user, password, headers, timeout, follow, _proxy, agent) =>
    (terms as unknown[]).flatMap((term) => {
      const known = { 'User-Agent': text(agent), ...headersOf(headers, user, password) };
      const answer = answerTo({ url: text(term), headers: known, seconds: toNumber(timeout), redirect: ['no', 'none'].includes(text(follow)) ? 'error' : 'follow' }, truthy(check));
      return truthy(split) ? splitLines(answer) : [answer];
    })),
};
