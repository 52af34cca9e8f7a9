/** Keeps secrets out of what is shown and stored. */
import { isDeepStrictEqual } from 'node:util';
import type { Module } from '../module.ts';
import type { EventBody } from '../events.ts';
import type { SecretTexts } from '../load/secret-texts.ts';
import type { AnyModule } from '../registry.ts';

interface PropertySchema {
  readonly secret?: boolean;
  readonly unrecorded?: boolean;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly { readonly const?: unknown }[];
}

function propertiesOf(module: AnyModule): Readonly<Record<string, PropertySchema>> {
  return module.args.properties as Record<string, PropertySchema>;
}

/** Arguments as they may be shown: those that say more than the default. */
export function visibleArguments(module: AnyModule, args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const properties = propertiesOf(module);
  return Object.fromEntries(
    Object.entries(args)
      .filter(([name, value]) => value !== undefined && !isSame(value, properties[name]?.default))
      .map(([name, value]) => [name, properties[name]?.secret === true ? '***' : value]),
  );
}

function isSame(value: unknown, preset: unknown): boolean {
  return value === preset || (typeof value === 'object' && isDeepStrictEqual(value, preset));
}

/**
 * Arguments as the ledger keeps them: without secret and unrecorded ones. Of a no_log task only what can't be a secret: switches, choices, and
 * the names that make up the subject.
 */
export function ledgerArguments(module: Module, args: Readonly<Record<string, unknown>>, noLog: boolean): Record<string, unknown> {
  const properties = propertiesOf(module);
  const subject = noLog ? module.subject(args) : '';
  return Object.fromEntries(
    Object.entries(args).filter(([name, value]) => {
      const property = properties[name];
      if (property?.secret === true || property?.unrecorded === true) return false;
      if (!noLog) return true;
      const choice = property?.enum !== undefined || (property?.anyOf?.every((one) => one.const !== undefined) ?? false);
      return typeof value === 'boolean' || choice || (typeof value === 'string' && value !== '' && subject.includes(value));
    }),
  );
}

/** What of an event may hold a value of a vault. Names of hosts and plays stay, for renderers tell them apart by them. */
const maskedParts = ['args', 'result', 'changes', 'error', 'item', 'label', 'skipReason', 'message', 'reason'];

/** The event without texts that came out of vaults. */
export function maskEvent(event: EventBody, secrets: SecretTexts): EventBody {
  if (secrets.isEmpty) return event;
  const masked = Object.entries(event).map(([name, value]: [string, unknown]) => [name, maskedParts.includes(name) ? secrets.mask(value) : value]);
  const task = 'task' in event ? { task: { ...event.task, name: secrets.mask(event.task.name) } } : {};
  return { ...(Object.fromEntries(masked) as EventBody), ...task };
}
