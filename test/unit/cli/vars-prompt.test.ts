import { describe, expect, it } from 'vitest';
import { promptedVariables } from '../../../src/cli/vars-prompt.ts';
import type { VarsPrompt } from '../../../src/load/tree.ts';

const name: VarsPrompt = { name: 'user', prompt: 'Who', private: false, confirm: false };

/** Answers in turn, and what was asked for them. */
function person(...answers: readonly string[]) {
  const asked: string[] = [];
  const left = [...answers];
  return { asked, ask: (question: string, hidden: boolean) => Promise.resolve((asked.push(hidden ? `${question}(hidden)` : question), left.shift() ?? '')) };
}

describe('vars_prompt', () => {
  it.each<[string, VarsPrompt, readonly string[], unknown, readonly string[]]>([
    ['asks', name, ['bob'], 'bob', ['Who: ']],
    ['shows the default', { ...name, default: 'amy' }, [''], 'amy', ['Who [amy]: ']],
    ['hides what is private', { ...name, private: true, default: 'amy' }, ['pw'], 'pw', ['Who: (hidden)']],
    ['asks again until both answers are the same', { ...name, confirm: true }, ['a', 'b', 'c', 'c'], 'c', ['Who: ', 'confirm Who: ', 'Who: ', 'confirm Who: ']],

    ['hashes', { ...name, encrypt: 'md5_crypt', salt: 'saltsalt' }, ['pw'], '$1$saltsalt$6SNdNaZLKst2LlSm7oPPL1', ['Who: ']],
    ['makes up a salt of the size asked for', { ...name, encrypt: 'md5', saltSize: 4 }, ['pw'], expect.stringMatching(/^\$1\$.{4}\$.{22}$/), ['Who: ']],
  ])('%s', async (_what, prompt, answers, expected, questions) => {
    const { ask, asked } = person(...answers);
    expect(await promptedVariables([prompt], {}, ask)).toEqual({ user: expected });
    expect(asked).toEqual(questions);
  });

  it('asks nothing that --extra-vars gives', async () => {
    const { ask, asked } = person();
    expect(await promptedVariables([name], { user: 'x' }, ask)).toEqual({});
    expect(asked).toEqual([]);
  });

  it('takes the default where nobody can answer, and fails without one', async () => {
    expect(await promptedVariables([{ ...name, default: 'amy' }], {}, undefined)).toEqual({ user: 'amy' });
    await expect(promptedVariables([name], {}, undefined)).rejects.toMatchObject({ code: 'usage.missing', details: { hint: 'Give it as -e user=….' } });
  });
});
