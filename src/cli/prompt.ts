/** Questions at the terminal, whatever stdin and stdout are. */
import { closeSync, openSync } from 'node:fs';
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
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** Reads a line without showing it. Throws usage.missing when there is no terminal to ask at. */
export async function askSecret(question: string): Promise<Secret> {
  return new Secret(await ask(question, true));
}

/** Reads a line, shown as it is typed unless `hidden`. */
export async function ask(question: string, hidden = false): Promise<string> {
  const tty = terminal();
  if (!tty) throw new CtplayError('usage.missing', `there is no terminal to ask at: ${question.trim()}`, { hint: 'Give it as a variable or an option instead.' });
  try {
    return hidden ? await readHidden(question, tty.input, tty.output) : await readShown(question, tty.input, tty.output);
  } finally {
    tty.input.destroy();
    tty.output.destroy();
  }
}

function unanswered(): CtplayError {
  return new CtplayError('usage.missing', 'the question was not answered', {}, 130);
}

async function readShown(question: string, input: ReadStream, output: WriteStream): Promise<string> {
  const lines = createInterface({ input, output, terminal: true });
  const interrupt = new AbortController();
  lines.once('SIGINT', () => {
    output.write('\n');
    interrupt.abort();
  });
  try {
    return await lines.question(question, { signal: interrupt.signal });
  } catch (error) {
    throw interrupt.signal.aborted ? unanswered() : error;
  } finally {
    lines.close();
  }
}

function readHidden(question: string, input: ReadStream, output: WriteStream): Promise<string> {
  output.write(question);
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
          reject(unanswered());
          return;
        }
        if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
        else typed += character;
      }
    });
  });
}
