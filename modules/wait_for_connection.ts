import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';

const shellAnswers: Fact<boolean> = { kind: 'shell', key: '', read: sh`echo pong`, domains: ['*'], parse: ({ stdout }) => stdout === 'pong\n' };

/** Patience with a host that is not there yet. */
export default defineModule({
  summary: 'Wait until the host can be reached',
  args: Type.Object({
    timeout: Type.Integer({ default: 600, minimum: 0, description: 'Seconds after which the host counts as unreachable.' }),
    delay: Type.Integer({ default: 0, minimum: 0, description: 'Seconds to wait before trying at all.' }),
    sleep: Type.Number({ default: 1, minimum: 0, description: 'Seconds between attempts.' }),
    connect_timeout: Type.Integer({ default: 5, minimum: 1, description: 'As in Ansible; the timeout of the connection is used.' }),
  }),
  returnValues: { elapsed: 'how many seconds it took' },
  examples: `
- wait_for_connection: {timeout: 120}
`,
  readWhen: 'due',
  patience: ({ timeout, delay, sleep }) => ({ timeoutSeconds: timeout, delaySeconds: delay, sleepSeconds: sleep }),
  subject: () => 'connection',
  facts: () => ({ answers: shellAnswers }),
  *plan(_args, now) {
    if (!now.answers) throw new PreconditionError('the shell of the host does not answer');
  },
  returns: () => ({ elapsed: 0 }),
});
