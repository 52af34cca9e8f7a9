import { Type, type Static } from 'typebox';
import { defineModule } from '../src/module.ts';
import { commandLine, commandReturns, commandReturnValues, feed, guard, guardArguments, inputArguments, runUnlessGuarded } from './shared/run-command.ts';
import { splitWords } from './shared/shlex.ts';

const args = Type.Object({
  _raw_params: Type.Optional(Type.String({ description: 'The command line, as the task has it after `command:`.' })),
  cmd: Type.Optional(Type.String({ description: 'The command line. It is split into words as a shell does; pipes, redirections and `;` mean nothing.' })),
  argv: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'The command as a list of words, which needs no quotes.' })),
  ...guardArguments,
  ...inputArguments,
  expand_argument_vars: Type.Boolean({ default: true, description: 'Let the host expand `~` and variables such as `$HOME` in the words.' }),
});
type Args = Static<typeof args>;

/** A program with its arguments, without a shell. */
export default defineModule({
  summary: 'Run a command without a shell',
  description: 'It is run every time, unless `creates`, `removes` or `unless` says that there is nothing to do, and counts as changed when it ran. For pipes and redirections use `shell`.',
  args,
  freeForm: '_raw_params',
  returnValues: commandReturnValues,
  examples: `
- command: ovs-vsctl show
- command:
    argv: [tar, -xf, /root/rootfs.tar, -C, /srv/rootfs]
    creates: /srv/rootfs/bin
`,
  declarative: false,
  *validate(given) {
    if ([given._raw_params, given.cmd, given.argv].filter((form) => form !== undefined).length !== 1) {
      yield { path: [], message: 'command needs one command line', hint: 'Write command: ls /, or cmd: or argv: beneath it.' };
    }
    const line = given._raw_params ?? given.cmd;
    const split = line === undefined ? { words: ['argv'] } : splitWords(line);
    if ('problem' in split) yield { path: [given.cmd === undefined ? '_raw_params' : 'cmd'], message: `the command line cannot be split into words: ${split.problem}` };
    else if (split.words.length === 0) yield { path: [], message: 'the command line is empty' };
  },
  subject: (given) => wordsOf(given).join(' '),
  facts: (given) => ({ guard: guard(given) }),
  *plan(given, now) {
    const words = wordsOf(given);
    yield* runUnlessGuarded(now.guard, words.join(' '), feed(commandLine(words, given.expand_argument_vars), given), given);
  },
  returns(given, { results, now }) {
    const words = wordsOf(given);
    const values = commandReturns(words, results[0], now.guard, given.strip_empty_ends);
    // What a shell says by 127, Ansible says as the system call does.
    return results[0]?.status === 127 ? { ...values, cmd: words.join(' '), rc: 2, stderr: '', stderr_lines: [], changed: false, msg: `[Errno 2] No such file or directory: b'${words[0]}'` } : values;
  },
});

function wordsOf({ _raw_params, cmd, argv }: Args): readonly string[] {
  if (argv !== undefined) return argv;
  const split = splitWords(_raw_params ?? cmd ?? '');
  return 'words' in split ? split.words : [];
}
