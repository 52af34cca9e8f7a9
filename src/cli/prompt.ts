/** Questions at the terminal, whatever stdin and stdout are. */
import { openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { createInterface } from 'node:readline/promises';
import { CtplayError } from '../errors.ts';
import { Secret } from '../shell.ts';

/** The controlling terminal; undefined when there is none, as in CI. */
function terminal(): { input: ReadStream; output: WriteStream } | undefined {
  try {
    return { input: new ReadStream(openSync('/dev/tty', 'r')), output: new WriteStream(openSync('/dev/tty', 'w')) };
  } catch {
    return undefined;
  }
}

/** Whether there is a person to ask. */
export function hasTerminal(): boolean {
  const found = terminal();
  found?.input.destroy();
  found?.output.destroy();
  return found !== undefined;
}

/** Reads a line without showing it. Throws usage.missing when there is no terminal to ask at. */
export async function askSecret(question: string): Promise<Secret> {
  return new Secret(await ask(question, true));
}

/** Reads a line, shown as it is typed unless `hidden`. */
export async function ask(question: string, hidden = false): Promise<string> {
  const tty = terminal();
  if (!tty) throw new CtplayError('usage.missing', `there is no terminal to ask at: ${question.trim()}`, { hint: 'Give it as a variable or an option instead.' });
  tty.output.write(question);
  try {
    return hidden ? await readHidden(tty.input, tty.output) : await readShown(tty.input, tty.output);
  } finally {
    tty.input.destroy();
    tty.output.destroy();
  }
}

async function readShown(input: ReadStream, output: WriteStream): Promise<string> {
  const lines = createInterface({ input, output, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
  }
}

function readHidden(input: ReadStream, output: WriteStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', (chunk) => {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n' || character === '\u0004') {
          input.setRawMode(false);
          output.write('\n');
          resolve(typed);
          return;
        }
        if (character === '\u0003') {
          input.setRawMode(false);
          output.write('\n');
          reject(new CtplayError('usage.missing', 'the question was not answered', {}, 130));
          return;
        }
        if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
        else typed += character;
      }
    });
  });
}
