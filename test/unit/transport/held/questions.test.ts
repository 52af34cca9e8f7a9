import { expect, it } from 'vitest';
import { Secret } from '../../../../src/shell.ts';
import { Questions } from '../../../../src/transport/held/questions.ts';

it('asks one question at a time, and what serves all hosts once', async () => {
  const events: string[] = [];
  const prompt = async (question: string): Promise<Secret> => {
    events.push(`ask ${question}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    events.push(`end ${question}`);
    return new Secret(`answer to ${question}`);
  };
  const ask = new Questions().inLine(prompt);
  const answers = await Promise.all([ask('key?', 'key'), ask('code?'), ask('key?', 'key'), ask('code?')]);
  expect(answers.map((answer) => answer.reveal())).toEqual(['answer to key?', 'answer to code?', 'answer to key?', 'answer to code?']);
  expect(events).toEqual(['ask key?', 'end key?', 'ask code?', 'end code?', 'ask code?', 'end code?']);
});

it('asks nobody again who gave no answer', async () => {
  let asked = 0;
  const ask = new Questions().inLine(() => {
    asked++;
    return Promise.reject(new Error('no answer'));
  });
  await expect(ask('key?', 'key')).rejects.toThrow('no answer');
  await expect(ask('key?', 'key')).rejects.toThrow('no answer');
  expect(asked).toBe(1);
});
