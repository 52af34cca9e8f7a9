/** A kind of state for tests of what works with any kind: things by name, each with a colour. */
import { defineKind, type Difference, type StateKind } from '../../../src/baseline/kind.ts';
import type { Fact } from '../../../src/module.ts';
import { sh } from '../../../src/shell.ts';

export interface Thing {
  readonly [key: string]: string | boolean;
  readonly colour: string;
  readonly mark: boolean;
}

const things: Fact<Record<string, Thing> | undefined> = {
  kind: 'thing',
  key: '',
  read: sh`cat /things`,
  domains: ['thing'],
  parse: ({ stdout }) => (stdout === '' ? undefined : (JSON.parse(stdout) as Record<string, Thing>)),
};

/** Restores what is added or gone; a colour can't be changed. */
export const thingKind: StateKind = defineKind<Thing, { things: typeof things }>({
  name: 'thing',
  summary: 'things',
  facts: { things },
  items: ({ things: all }) => (all ? { state: 'present', value: all } : { state: 'unavailable', reason: 'not-running', detail: 'no things here' }),
  subject: ({ key }) => `thing ${key}`,
  words: ({ before, now }) => (before === undefined ? ['was added'] : now === undefined ? ['is gone'] : [`is ${now.colour}, not ${before.colour}`]),
  marked: ({ mark }) => mark,
  ledgerSubjects: (key) => [`dinge ${key}`],
  follows: ({ key }) => key === 'shadow',
  *restore(differences: readonly Difference<Thing>[]) {
    for (const { key, before, now } of differences) {
      if (before && now) yield { key, why: 'paint is dry' };
      else if (before) yield { stage: 'links', keys: [key], change: { action: 'create', subject: `thing ${key}`, commands: [sh`make ${key}`] } };
      else yield { stage: 'processes', keys: [key], change: { action: 'delete', subject: `thing ${key}`, commands: [sh`break ${key}`] } };
    }
  },
});

export const thing = (colour: string, mark = false): Thing => ({ colour, mark });
