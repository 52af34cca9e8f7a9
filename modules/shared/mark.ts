/** How ctplay marks what it made, so that it deletes nothing else. */
import { PreconditionError } from '../../src/errors.ts';
import type { Link } from '../facts/link.ts';

/** The alias of an interface that the module made. */
export function linkMark(module: string): string {
  return `ctplay:${module}`;
}

export function isMarkedLink(link: Link): boolean {
  return link.alias?.startsWith('ctplay:') === true;
}

/** The key in `external_ids` of Open vSwitch's records; its value names the module. */
export const ovsMark = 'ctplay';

export function isMarkedRecord(record: { readonly externalIds: Readonly<Record<string, string>> }): boolean {
  return ovsMark in record.externalIds;
}

/** The refusal to delete what somebody else made. */
export function notOurs(what: string): PreconditionError {
  return new PreconditionError(`${what} was not made by ctplay, so it is not deleted`, {
    hint: 'Add `force: true` to the task to delete it all the same.',
  });
}
