/** YAML tags: Ansible's `!vault` and `!unsafe`, and the standard ones of https://yaml.org/type/. */
import { CtplayError, type SourceSpan } from '../../errors.ts';
import { Secret } from '../../shell.ts';
import { hasTemplate } from '../has-template.ts';
import type { YamlNode } from './node.ts';
import { resolveNumber, resolvePlain } from './scalar.ts';

/** Gives the text behind an `$ANSIBLE_VAULT` envelope. Throws CtplayError vault. */
export interface Decrypt {
  (envelope: string, span: SourceSpan): string;
  /** Told of every value that came out of a vault, to be hidden from now on. */
  readonly remember?: (text: string) => void;
}

/** A `!vault` value that was read without a vault password: only who uses it needs one. */
class LockedSecret extends Secret {
  readonly #span: SourceSpan;
  constructor(span: SourceSpan) {
    super('');
    this.#span = span;
  }
  override reveal(): never {
    throw new CtplayError('vault', 'this value is encrypted, and no vault password was given', { span: this.#span, hint: 'Use --vault-password-file or --ask-vault-pass.' });
  }
}

function secretOf(text: string, { remember }: Decrypt): Secret {
  remember?.(text);
  return new Secret(text);
}

const standard = 'tag:yaml.org,2002:';

/** The value of a scalar with a tag. Throws yaml.syntax for a tag that has no meaning here. */
export function taggedScalar(tag: string, text: string, span: SourceSpan, decrypt: Decrypt | undefined): unknown {
  switch (tag) {
    case '!vault':
    case '!vault-encrypted':
      return decrypt ? secretOf(decrypt(text, span), decrypt) : new LockedSecret(span);
    case '!unsafe':
      return protectText(text);
    case '!':
    case `${standard}str`:
      return text;
    case `${standard}null`:
      return null;
    case `${standard}bool`:
    case `${standard}int`:
    case `${standard}float`:
      return typed(tag, text);
    case `${standard}binary`:
      return Buffer.from(text, 'base64').toString('utf8');
    default:
      throw new CtplayError('yaml.syntax', `the tag '${tag.replace(standard, '!!')}' is not known`, { hint: 'Tags that work are !vault, !unsafe and the standard ones, such as !!str. Quote a value that starts with an exclamation mark.' });
  }
}

function typed(tag: string, text: string): unknown {
  const value = tag.endsWith('bool') ? resolvePlain(text.toLowerCase()) : resolveNumber(text);
  if (value === undefined || (tag.endsWith('bool') && typeof value !== 'boolean')) {
    throw new CtplayError('yaml.syntax', `'${text}' is no !!${tag.slice(standard.length)}`);
  }
  return value;
}

/**
 * `!unsafe` text as a template that gives exactly that text, so that whoever renders it needs to know of no second kind of
 * string: literals joined by `~`, none of which holds a mark of the template language, its own quote or an escape. `string`
 * keeps text that looks like a list or a mapping from being read as one.
 */
function protectText(text: string): string {
  if (!hasTemplate(text)) return text;
  const parts = text.split(/(?<=[{}%#])(?=[{}%#])|(?=["\\])|(?<=["\\])/).map((part) => (part === '"' ? `'"'` : part === '\\' ? '"\\ "[0]' : `"${part}"`));
  return `{{ (${parts.join(' ~ ')}) | string }}`;
}

/** `!unsafe` on a list or a mapping protects every string in it. */
export function protectFromTemplating(node: YamlNode): YamlNode {
  if (node.kind === 'scalar') return typeof node.value === 'string' ? { ...node, value: protectText(node.value) } : node;
  if (node.kind === 'list') return { ...node, items: node.items.map(protectFromTemplating) };
  return { ...node, entries: new Map([...node.entries].map(([key, entry]) => [key, { ...entry, value: protectFromTemplating(entry.value) }])) };
}
