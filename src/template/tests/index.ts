/** All tests by name. A collection's full name means the same as the short one. */
import type { Definition } from '../define.ts';
import { fileTests } from './files.ts';
import { ipTests } from './ip.ts';
import { jinjaTests } from './jinja.ts';
import { resultTests } from './results.ts';
import { valueTests } from './values.ts';

const tests: ReadonlyMap<string, Definition> = new Map([jinjaTests, valueTests, resultTests, fileTests, ipTests].flatMap((table) => Object.entries(table)));

const collections = /^(?:ansible\.(?:builtin|legacy|utils|netcommon)|community\.general)\./;

export function findTest(name: string): Definition | undefined {
  return tests.get(name) ?? tests.get(name.replace(collections, ''));
}

export function testNames(): string[] {
  return [...tests.keys()].sort();
}

/** Each test's parameters by its name. */
export function testSignatures(): Readonly<Record<string, string>> {
  return Object.fromEntries(testNames().map((name) => [name, tests.get(name)!.signature]));
}
