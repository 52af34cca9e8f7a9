import { expect, it } from 'vitest';
import { Stepper } from '../../../src/cli/step.ts';

const tasks = ['one', 'two', 'three', 'four'].map((name) => ({ id: `id-${name}`, name }));

it.each([
  [['y', 'n', 'Yes', ''], [true, false, true, false]],
  [['', 'c'], [false, true, true, true]],
  [['nope', 'continue'], [false, true, true, true]],
])('answers %j allow %j', async (answers, allowed) => {
  const asked: string[] = [];
  const given = [...answers];
  const stepper = new Stepper((question) => {
    asked.push(question);
    return Promise.resolve(given.shift()!);
  });
  // Two hosts come to every task at once.
  const both = await Promise.all([Promise.all(tasks.map(stepper.allows)), Promise.all(tasks.map(stepper.allows))]);
  expect(both).toEqual([allowed, allowed]);
  expect(asked).toEqual(tasks.slice(0, answers.length).map(({ name }) => `Perform task: ${name} (N)o/(y)es/(c)ontinue: `));
});
