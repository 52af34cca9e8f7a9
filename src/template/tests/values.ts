/** Ansible's tests on values. */
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { contains, truthy } from '../python/compare.ts';
import { compileRegex } from '../python/regex.ts';
import { iterate } from '../python/iterate.ts';
import { LooseVersion, Pep440Version, SemanticVersion, StrictVersion } from '../python/version.ts';
import { isArithmetic, toNumber } from '../python/number.ts';
import { setOf } from '../filters/sets.ts';
import { splitUrl } from '../filters/urls.ts';
import { text } from '../python/text.ts';
import { isNumber, isString, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

type MatchType = 'search' | 'match' | 'fullmatch';

function matches(value: unknown, pattern: unknown, ignorecase: unknown, multiline: unknown, how: MatchType): boolean {
  const match = compileRegex(text(pattern), { ignorecase: truthy(ignorecase), multiline: truthy(multiline) });
  const source = text(value);
  for (let found = match.exec(source); found !== null; found = match.exec(source)) {
    if (how === 'search') return true;
    if (found.index > 0) return false;
    if (how === 'match' || found[0].length === source.length) return true;
    match.lastIndex = Math.max(match.lastIndex, found.index + 1);
  }
  return false;
}

const matching = (how: MatchType): Definition =>
  define('pattern="", ignorecase=False, multiline=False', (_, value, pattern, ignorecase, multiline) => matches(value, pattern, ignorecase, multiline, how));

const operators: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0, '=': (order) => order === 0, eq: (order) => order === 0,
  '!=': (order) => order !== 0, '<>': (order) => order !== 0, ne: (order) => order !== 0,
  '<': (order) => order < 0, lt: (order) => order < 0, '<=': (order) => order <= 0, le: (order) => order <= 0,
  '>': (order) => order > 0, gt: (order) => order > 0, '>=': (order) => order >= 0, ge: (order) => order >= 0,
};

const versionTypes = { loose: LooseVersion, strict: StrictVersion, semver: SemanticVersion, semantic: SemanticVersion, pep440: Pep440Version } as const;

function versionHolds(value: unknown, other: unknown, operator: unknown, strict: unknown, kind: unknown): boolean {
  if (strict !== null && kind !== null) throw valueError("Cannot specify both 'strict' and 'version_type'");
  if (!truthy(value)) throw valueError('Input version value cannot be empty');
  if (!truthy(other)) throw valueError('Version parameter to compare against cannot be empty');
  const name = strict !== null && truthy(strict) ? 'strict' : kind === null ? 'loose' : text(kind);
  if (!Object.hasOwn(versionTypes, name)) throw valueError(`Invalid version type (${name}). Must be one of ${Object.keys(versionTypes).join(', ')}`, didYouMean(name, Object.keys(versionTypes)));
  const holds = operators[text(operator)];
  if (holds === undefined) throw valueError(`Invalid operator type (${text(operator)}). Must be one of ${Object.keys(operators).join(', ')}`);
  const Kind = versionTypes[name as keyof typeof versionTypes];
  return holds(new Kind(text(value)).compare(new Kind(text(other)) as never));
}

const version = define('version, operator="eq", strict=None, version_type=None', (_, value, other, operator, strict, kind) => versionHolds(value, other, operator, strict, kind));

/** Text that means a bool, as Ansible's boolean() takes it; any other value as it is. */
function convertBool(value: unknown): unknown {
  const word = isString(value) ? text(value).toLowerCase().trim() : isNumber(value) ? text(value) : undefined;
  if (word === undefined) return value;
  if (['y', 'yes', 'on', '1', 'true', 't', '1.0'].includes(word)) return true;
  return ['n', 'no', 'off', '0', 'false', 'f', '0.0'].includes(word) ? false : value;
}

const isTruthy = (value: unknown, convert: unknown) => truthy(truthy(convert) ? convertBool(value) : value);

const subset = define('other', (_, value, other) => {
  const all = setOf(iterate(other));
  return iterate(value).every((item) => all.has(item));
});
const superset = define('other', (_, value, other) => {
  const all = setOf(iterate(value));
  return iterate(other).every((item) => all.has(item));
});
const notANumber = define('', (_, value) => isArithmetic(value) && Number.isNaN(toNumber(value)));

function isUri(value: unknown, schemes: unknown): boolean {
  if (!isString(value)) return false;
  return schemes === null || !truthy(schemes) || contains(schemes, splitUrl(text(value)).scheme);
}

export const valueTests: Readonly<Record<string, Definition>> = {
  all: define('', (_, value) => iterate(value).every(truthy)),
  any: define('', (_, value) => iterate(value).some(truthy)),
  contains: define('value', (_, container, item) => contains(container, item)),
  falsy: define('convert_bool=False', (_, value, convert) => !isTruthy(value, convert)),
  isnan: notANumber,
  issubset: subset,
  issuperset: superset,
  match: matching('match'),
  nan: notANumber,
  regex: define('pattern="", ignorecase=False, multiline=False, match_type="search"', (_, value, pattern, ignorecase, multiline, how) => matches(value, pattern, ignorecase, multiline, text(how) as MatchType)),
  search: matching('search'),
  subset,
  superset,
  truthy: define('convert_bool=False', (_, value, convert) => isTruthy(value, convert)),
  uri: define('schemes=None', (_, value, schemes) => isUri(value, schemes)),
  url: define('schemes=None', (_, value, schemes) => {
    if (!isUri(value, schemes)) return false;
    const { netloc, scheme } = splitUrl(text(value));
    return netloc !== '' || scheme === 'file';
  }),
  urn: define('', (_, value) => isUri(value, ['urn'])),
  vault_encrypted: define('', (_, value) => isString(value) && text(value).startsWith('$ANSIBLE_VAULT;')),
  version,
  version_compare: version,
};
