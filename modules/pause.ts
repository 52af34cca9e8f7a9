import { Type } from 'typebox';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAction } from '../src/module.ts';

/** A wait, for a time or for the person at the terminal. */
export default defineAction({
  summary: 'Wait for a time, or for a key',
  args: Type.Object({
    seconds: Type.Optional(Type.Number({ minimum: 0, description: 'How long to wait.' })),
    minutes: Type.Optional(Type.Number({ minimum: 0, description: 'How long to wait, in minutes.' })),
    prompt: Type.Optional(Type.String({ description: 'What to ask. The answer is returned as `user_input`.' })),
    echo: Type.Boolean({ default: true, description: 'Show what is typed.' }),
  }),
  returnValues: { user_input: 'what was typed', delta: 'how many seconds it took', echo: 'the argument', start: 'when it began', stop: 'when it ended', stdout: 'how long it took, in words', rc: 'as in Ansible: 0' },
  examples: `
- pause: {seconds: 10}
- pause: {prompt: "Plug the cable in, then press Enter"}
`,
  *validate({ seconds, minutes }) {
    if (seconds !== undefined && minutes !== undefined) yield { path: ['minutes'], message: 'seconds and minutes exclude each other' };
  },
  async run({ seconds, minutes, prompt, echo }, context) {
    const started = Date.now();
    const wait = seconds ?? (minutes === undefined ? undefined : minutes * 60);
    let answer = '';
    if (wait !== undefined) await sleep(wait * 1000, undefined, { signal: context.signal }).catch(() => undefined);
    else if (context.prompt) answer = await context.prompt(prompt ?? 'Press Enter to go on', { echo });
    const took = (Date.now() - started) / 1000;
    const stdout = wait === undefined ? '' : minutes === undefined ? `Paused for ${took.toFixed(1)} seconds` : `Paused for ${(took / 60).toFixed(2)} minutes`;
    const [start, stop] = [started, Date.now()].map((time) => new Date(time).toISOString().replace('T', ' ').replace('Z', '000'));
    return { values: { user_input: answer, delta: Math.round(took), echo, start, stop, stdout, stderr: '', rc: 0 } };
  },
});
