/** vars_prompt: what a play asks the person who runs it. */
import { CtplayError } from '../errors.ts';
import type { VarsPrompt } from '../load/tree.ts';
import { passwordHash } from '../template/filters/crypt.ts';

/** Asks a question; `hidden`: what is typed isn't shown. Undefined where nobody can answer. */
export type Ask = ((question: string, hidden: boolean) => Promise<string>) | undefined;

/** The answers by name. What --extra-vars gives is not asked; where nobody can answer, the default counts. Throws usage.missing. */
export async function promptedVariables(prompts: readonly VarsPrompt[], given: Readonly<Record<string, unknown>>, ask: Ask): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const prompt of prompts) {
    if (Object.hasOwn(given, prompt.name)) continue;
    const answer = ask ? await answerTo(prompt, ask) : prompt.default;
    if (answer === undefined) throw new CtplayError('usage.missing', `there is no terminal to ask at: ${prompt.prompt}`, { hint: `Give it as -e ${prompt.name}=….` });
    answers[prompt.name] = prompt.encrypt === undefined ? answer : passwordHash(String(answer), prompt.encrypt, prompt.salt, prompt.saltSize, undefined);
  }
  return answers;
}

async function answerTo({ prompt, default: fallback, private: hidden, confirm }: VarsPrompt, ask: NonNullable<Ask>): Promise<unknown> {
  const question = `${prompt}${fallback === undefined || hidden ? '' : ` [${String(fallback)}]`}: `;
  for (;;) {
    const answer = await ask(question, hidden);
    if (confirm && (await ask(`confirm ${question}`, hidden)) !== answer) continue;
    return answer === '' && fallback !== undefined ? fallback : answer;
  }
}
