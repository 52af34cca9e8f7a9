import { Type, type Static } from 'typebox';
import { CtplayError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { commandLine, commandReturns, commandReturnValues, guard, guardArguments, runUnlessGuarded } from './shared/run-command.ts';
import { asTheyAre, readLocalFile, type LocalFile } from './shared/local-file.ts';
import { splitWords } from './shared/shlex.ts';

const args = Type.Object({
  _raw_params: Type.Optional(Type.String({ description: 'The script on the controller with its arguments, as the task has it after `script:`.' })),
  cmd: Type.Optional(Type.String({ description: 'The same.' })),
  executable: Type.Optional(Type.String({ description: 'What runs it, such as `/usr/bin/perl`; the line `#!` of the script when left out.' })),
  decrypt: Type.Boolean({ default: true, description: 'Run what is in the script where that is an Ansible vault.' }),
  ...guardArguments,
});

/** A script of the controller, run on the host. */
export default defineModule({
  summary: 'Run a script of the controller on the host',
  description: 'It is sent to the host, run there, and removed.',
  args,
  freeForm: '_raw_params',
  returnValues: commandReturnValues,
  examples: `
- script: setup-rootfs.sh /srv/rootfs
  args: {creates: /srv/rootfs}
`,
  declarative: false,
  *validate(given) {
    const split = splitWords(lineOf(given));
    if ((given._raw_params === undefined) === (given.cmd === undefined)) yield { path: [], message: 'script needs one script', hint: 'Write script: name.sh, or cmd: beneath it.' };
    else if ('problem' in split) yield { path: [], message: `the line cannot be split into words: ${split.problem}` };
    else if (split.words.length === 0) yield { path: [], message: 'the name of the script is missing' };
  },
  subject: lineOf,
  prepare: async (given, controller): Promise<{ script: LocalFile; words: readonly string[] }> => {
    const split = splitWords(lineOf(given));
    if ('problem' in split) throw new CtplayError('args.value', `the line cannot be split into words: ${split.problem}`);
    const [name = '', ...words] = split.words;
    return { script: await readLocalFile(controller.findFile('files', name), given.decrypt ? controller : asTheyAre(controller)), words };
  },
  facts: (given) => ({ guard: guard(given) }),
  *plan(given, now, { script, words }) {
    const arguments_ = words.length === 0 ? nothing : sh` ${commandLine(words, false)}`;
    const run = sh`t=$(mktemp) && trap 'rm -f "$t"' EXIT && cat >"$t" && chmod 700 "$t" && ${given.executable === undefined ? nothing : sh`${given.executable} `}"$t"${arguments_} </dev/null`.withInput(script.input);
    yield* runUnlessGuarded(now.guard, lineOf(given), run, given);
  },
  returns(given, { results, now }) {
    const { what, reason } = now.guard;
    if (results.length === 0 && reason !== undefined) return { skipped: true, msg: `${what} ${reason}, matching ${what === given.creates ? 'creates' : what === given.removes ? 'removes' : 'unless'} option` };
    return commandReturns(lineOf(given), results[0], now.guard, false);
  },
});

function lineOf({ _raw_params, cmd }: Static<typeof args>): string {
  return _raw_params ?? cmd ?? '';
}
