import { describe, expect, it } from 'vitest';
import stat from '../../modules/stat.ts';
import { argsOf } from '../harness/arguments.ts';

const asked = (given: object, live?: readonly string[]): unknown => {
  const fact = stat.facts(argsOf(stat, { path: '/etc/motd', ...given }), undefined, live && ((name) => live.includes(name))).stat;
  return (fact.joint!.question as { readonly details: unknown }).details;
};

const all = { checksum: 'sha1', mime: true, attributes: true };
const none = { checksum: undefined, mime: false, attributes: false };

describe('what is read of a file beyond stat(2)', () => {
  it.each<[string, object, readonly string[] | undefined, object]>([
    ['everything where nothing is said', {}, undefined, all],
    ['nothing where nobody looks', {}, [], none],
    ['nothing for what stat(2) tells', {}, ['stat.exists', 'stat.size'], none],
    ['the digest', {}, ['stat.checksum'], { ...none, checksum: 'sha1' }],
    ['another digest', { checksum_algorithm: 'md5' }, ['stat.checksum'], { ...none, checksum: 'md5' }],
    ['the kind of the content', {}, ['stat.mimetype'], { ...none, mime: true }],
    ['the same by its other name', {}, ['stat.mime_type'], { ...none, mime: true }],
    ['the character set', {}, ['stat.charset'], { ...none, mime: true }],
    ['attributes', {}, ['stat.attributes'], { ...none, attributes: true }],
    ['flags', {}, ['stat.attr_flags'], { ...none, attributes: true }],
    ['the version', {}, ['stat.version'], { ...none, attributes: true }],
    ['nothing that the arguments forbid', { get_checksum: false, get_mime: false, get_attributes: false }, ['stat.checksum', 'stat.mimetype', 'stat.version'], none],
  ])('%s', (_what, given, live, expected) => expect(asked(given, live)).toEqual(expected));
});
