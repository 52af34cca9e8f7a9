/** Jinja2's filters for HTML, and its printers. */
import { define } from '../define.ts';
import { dumpJson } from '../python/json.ts';
import { escapeHtml } from '../python/html.ts';
import { dictEntries } from '../python/dict.ts';
import { entriesOf } from '../python/dict-methods.ts';
import { truthy } from '../python/compare.ts';
import { toInt } from '../python/number.ts';
import { prettyPrint } from '../python/pprint.ts';
import { text } from '../python/text.ts';
import { MarkedText, Undefined, isDict, isString, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\xa0' };

function unescapeHtml(value: string): string {
  return value.replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return hex !== undefined ? String.fromCodePoint(parseInt(hex, 16)) : (entities[name!] ?? whole);
  });
}

function stripTags(value: string): string {
  const bare = value.replace(/<!--[\s\S]*?-->/g, '').replace(/<[^>]*>/g, '');
  return unescapeHtml(bare.trim().split(/\s+/).join(' '));
}

function attributes(value: unknown, leadingBlank: unknown): MarkedText {
  if (!isDict(value)) throw valueError('xmlattr needs a dict');
  const written = dictEntries(value)
    .filter(([, item]) => item !== null && !(item instanceof Undefined))
    .map(([key, item]) => {
      if (/[\s/>=]/.test(text(key))) throw valueError(`Invalid character in attribute name: '${text(key)}'`);
      return `${escapeHtml(key).text}="${escapeHtml(item).text}"`;
    })
    .join(' ');
  return new MarkedText(written !== '' && truthy(leadingBlank) ? ` ${written}` : written, 'markup');
}

function link(url: string, label: string, options: readonly string[]): string {
  return `<a href="${escapeHtml(url).text}"${options.join('')}>${label}</a>`;
}

/** Makes links of web and mail addresses. */
function urlize(value: string, limit: unknown, nofollow: unknown, target: unknown, rel: unknown): string {
  const relations = [...new Set([...(rel === null ? [] : text(rel).split(' ')), ...(truthy(nofollow) ? ['nofollow'] : []), 'noopener'])].sort();
  const options = [` rel="${relations.join(' ')}"`, ...(target === null ? [] : [` target="${escapeHtml(target).text}"`])];
  const short = (word: string) => (limit === null || word.length <= toInt(limit) ? word : `${word.slice(0, toInt(limit))}...`);
  return escapeHtml(value).text.split(/(\s+)/).map((word) => {
    const [, head = '', body = '', tail = ''] = /^((?:[(<]|&lt;)*)(.*?)((?:[)>.,]|&gt;)*)$/s.exec(word) ?? [];
    if (/^(?:https?:\/\/|www\.)\S+$/.test(body) || /^[\w.-]+\.(?:com|net|int|edu|gov|org|info|mil)(?:\/\S*)?$/.test(body)) {
      return head + link(/^https?:/.test(body) ? unescapeHtml(body) : `https://${unescapeHtml(body)}`, short(body), options) + tail;
    }
    if (/^(?:mailto:)?[^\s@]+@[\w.-]+\.\w+$/.test(body)) return `${head}<a href="mailto:${body.replace(/^mailto:/, '')}">${body}</a>${tail}`;
    return word;
  }).join('');
}

export const markupFilters: Readonly<Record<string, Definition>> = {
  e: define('', (_, value) => escapeHtml(value)),
  escape: define('', (_, value) => escapeHtml(value)),
  forceescape: define('', (_, value) => escapeHtml(value, true)),
  pprint: define('', (_, value) => prettyPrint(value)),
  safe: define('', (_, value) => new MarkedText(text(value), 'markup')),
  striptags: define('', (_, value) => stripTags(text(value))),
  tojson: define('indent=None', (_, value, indent) => {
    const json = dumpJson(value, { sortKeys: true, indent: indent === null ? null : ' '.repeat(toInt(indent)) });
    const safe: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', "'": '\\u0027' };
    return new MarkedText(json.replace(/[<>&']/g, (character) => safe[character]!), 'markup');
  }),
  urlencode: define('', (_, value) => {
    const quote = (part: unknown, query: boolean) => encodeURIComponent(text(part)).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replace(/%2F/g, query ? '%2F' : '/').replace(/%20/g, query ? '+' : '%20');
    if (isString(value) || (!isDict(value) && !Array.isArray(value))) return quote(value, false);
    const pairs = isDict(value) ? dictEntries(value) : entriesOf(value);
    return pairs.map(([key, item]) => `${quote(key, true)}=${quote(item, true)}`).join('&');
  }),
  urlize: define('trim_url_limit=None, nofollow=False, target=None, rel=None', (_, value, ...options) => urlize(text(value), options[0], options[1], options[2], options[3])),
  xmlattr: define('autospace=True', (_, value, blank) => attributes(value, blank)),
};
