import { Type, type Static } from 'typebox';
import { defineModule } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { commandReturns, commandReturnValues, feed, guard, guardArguments, inputArguments, runUnlessGuarded } from './shared/run-command.ts';

const args = Type.Object({
  _raw_params: Type.Optional(Type.String({ description: 'The script, as the task has it after `shell:`.' })),
  cmd: Type.Optional(Type.String({ description: 'The script.' })),
  executable: Type.String({ default: '/bin/sh', description: 'The shell that runs it, by its absolute path.' }),
  ...guardArguments,
  ...inputArguments,
});
type Args = Static<typeof args>;

/** A script in the host's shell. */
export default defineModule({
  summary: 'Run a script in a shell',
  description: 'It is run every time, unless `creates`, `removes` or `unless` says that there is nothing to do, and counts as changed when it ran.',
  args,
  freeForm: '_raw_params',
  returnValues: commandReturnValues,
  examples: `
- shell: ip -br link | grep -c veth
- shell:
    cmd: dpkg --get-selections > /root/selections
    creates: /root/selections
`,
  declarative: false,
  *validate(given) {
    if ((given._raw_params === undefined) === (given.cmd === undefined)) yield { path: [], message: 'shell needs one script', hint: 'Write shell: ls | wc -l, or cmd: beneath it.' };
    else if (scriptOf(given).trim() === '') yield { path: [], message: 'the script is empty' };
  },
  subject: scriptOf,
  facts: (given) => ({ guard: guard(given) }),
  *plan(given, now) {
    // A shell of its own: what the script sets, traps or leaves by `exit` is over with it.
    yield* runUnlessGuarded(now.guard, scriptOf(given), feed(sh`${given.executable} -c ${scriptOf(given)}`, given), given);
  },
  returns: (given, { results, now }) => commandReturns(scriptOf(given), results[0], now.guard, given.strip_empty_ends),
});

function scriptOf({ _raw_params, cmd }: Args): string {
  return _raw_params ?? cmd ?? '';
}
