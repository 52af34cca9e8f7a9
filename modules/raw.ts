import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { commandReturns, commandReturnValues, runUnlessGuarded } from './shared/run-command.ts';

/** A line for the host's shell, as it is. */
export default defineModule({
  summary: 'Run a line in the login shell, as it is',
  description: 'As in Ansible, for hosts without Python; here no host needs it, and `shell` does the same.',
  args: Type.Object({
    _raw_params: Type.String({ minLength: 1, description: 'The line, as the task has it after `raw:`.' }),
    executable: Type.String({ default: '/bin/sh', description: 'The shell that runs it, by its absolute path.' }),
  }),
  freeForm: '_raw_params',
  returnValues: commandReturnValues,
  examples: '\n- raw: uname -a\n',
  declarative: false,
  subject: ({ _raw_params }) => _raw_params,
  facts: () => ({}),
  *plan({ _raw_params, executable }) {
    yield* runUnlessGuarded({}, _raw_params, sh`${executable} -c ${_raw_params}`, {});
  },
  returns: ({ _raw_params }, { results }) => commandReturns(_raw_params, results[0], {}, false),
});
