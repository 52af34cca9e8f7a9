/** The lookup `password`: made up once, then kept in a file. */
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { inlineOptions } from './inline-options.ts';
import { makeRandom } from '../python/random.ts';
import { passwordHash } from '../filters/crypt.ts';
import { randomSalt } from '../python/crypt.ts';
import { text } from '../python/text.ts';
import { isList, valueError } from '../python/values.ts';
import { randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

const lower = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const sets: Readonly<Record<string, string>> = {
  ascii_lowercase: lower,
  ascii_uppercase: lower.toUpperCase(),
  ascii_letters: lower + lower.toUpperCase(),
  digits,
  hexdigits: `${digits}abcdefABCDEF`,
  octdigits: '01234567',
  punctuation,
};
const names = ['length', 'chars', 'encrypt', 'ident', 'seed'];

/** The characters to choose from: names of sets, and anything else as it is; ',,' is a comma. */
function alphabet(chars: string | undefined): string {
  const parts = chars === undefined ? ['ascii_letters', 'digits', '.,:-_'] : chars.replaceAll(',,', ',\0,').split(',').map((part) => part.replace('\0', ','));
  return parts.filter((part) => part !== '').map((part) => sets[part] ?? part).join('');
}

function password(context: Context, term: string, given: ReadonlyMap<string, string>): string {
  const { words, options: inline } = inlineOptions(term);
  const options = new Map([...given, ...inline]);
  for (const name of options.keys()) if (!names.includes(name)) throw valueError(`password: unrecognized argument '${name}'`, didYouMean(name, names));
  const path = words.join(' ');
  if (path === '') throw valueError('password: the path of the file is missing');
  const isKept = path !== '/dev/null';
  const found = isKept ? context.controller.find(path, 'files') : undefined;
  const before = found === undefined ? undefined : new TextDecoder().decode(context.controller.read(found)).trimEnd();
  const [, plainBefore, saltBefore] = /^(.*?)(?: salt=(\S+))?(?: ident=\S+)?$/s.exec(before ?? '') ?? [];
  const encrypt = options.get('encrypt');
  const characters = alphabet(options.get('chars'));
  const random = makeRandom(options.get('seed') ?? null);
  const plain = before === undefined ? Array.from({ length: Number(options.get('length') ?? 20) }, () => characters[random.below(characters.length)]!).join('') : plainBefore!;
  const salt = encrypt === undefined ? undefined : (saltBefore ?? randomSalt(encrypt.startsWith('md5') ? 8 : 16, () => randomBytes(1)[0]!));
  if (isKept && (before === undefined || (salt !== undefined && saltBefore === undefined))) {
    context.controller.write(found ?? path, `${plain}${salt === undefined ? '' : ` salt=${salt}`}\n`);
  }
  return encrypt === undefined ? plain : passwordHash(plain, encrypt, salt, undefined, undefined);
}

export const passwordLookups: Readonly<Record<string, Definition>> = {
  password: define('*terms, **options', (context, _, terms, options) => {
    const given = new Map([...(options as ReadonlyMap<string, unknown>)].map(([name, value]) => [name, isList(value) ? value.map(text).join(',') : text(value)]));
    return (terms as unknown[]).map((term) => password(context, text(term), given));
  }),
};
