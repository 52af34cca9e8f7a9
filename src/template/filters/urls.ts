/** Ansible's filters on URLs (Python's urllib.parse). */
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { text } from '../python/text.ts';
import { valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

export interface SplitUrl {
  readonly scheme: string;
  readonly netloc: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

/** urllib.parse.urlsplit(): five parts, empty where they are missing. */
export function splitUrl(url: string): SplitUrl {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url);
  let rest = scheme === null ? url : url.slice(scheme[0].length);
  const netloc = /^\/\/([^/?#]*)/.exec(rest);
  if (netloc !== null) rest = rest.slice(netloc[0].length);
  const [beforeFragment = '', ...fragment] = rest.split('#');
  const [path = '', ...query] = beforeFragment.split('?');
  return { scheme: scheme?.[1]!.toLowerCase() ?? '', netloc: netloc?.[1] ?? '', path, query: query.join('?'), fragment: fragment.join('#') };
}

function urlParts(url: string): Map<string, unknown> {
  const { scheme, netloc, path, query, fragment } = splitUrl(url);
  const at = netloc.lastIndexOf('@');
  const [username, ...password] = at < 0 ? [] : netloc.slice(0, at).split(':');
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(netloc.slice(at + 1)) ?? [];
  if (port !== undefined && port !== '' && !/^\d+$/.test(port)) throw valueError(`Port could not be cast to integer value as '${port}'`);
  const hostname = (bracketed ?? plain ?? '').toLowerCase();
  return new Map<string, unknown>([
    ['fragment', fragment],
    ['hostname', hostname === '' ? null : hostname],
    ['netloc', netloc],
    ['password', at < 0 || password.length === 0 ? null : password.join(':')],
    ['path', path],
    ['port', port === undefined || port === '' ? null : Number(port)],
    ['query', query],
    ['scheme', scheme],
    ['username', username ?? null],
  ]);
}

export const urlFilters: Readonly<Record<string, Definition>> = {
  urldecode: define('', (_, value) => {
    const bytes = text(value).replaceAll('+', ' ').replace(/%([0-9a-fA-F]{2})|[\s\S]/gu, (whole, hex?: string) => (hex === undefined ? Buffer.from(whole, 'utf8').toString('latin1') : String.fromCharCode(parseInt(hex, 16))));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }),
  urlsplit: define('query="", alias="urlsplit"', (_, value, part) => {
    const parts = urlParts(text(value).trimStart());
    if (part === '') return parts;
    if (!parts.has(text(part))) throw valueError(`urlsplit: unknown URL component: ${text(part)}`, didYouMean(text(part), parts.keys()));
    return parts.get(text(part));
  }),
};
