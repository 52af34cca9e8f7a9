import { Type } from 'typebox';
import { defineModule, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { PreconditionError } from '../src/errors.ts';

const shellAnswers: Fact<boolean> = {
  kind: 'shell',
  key: '',
  read: sh`echo pong`,
  domains: ['shell'],
  parse: (result) => result.status === 0 && result.stdout === 'pong\n',
};

/** SSH, the shell and the become user work. */
export default defineModule({
  summary: 'Check that the host answers and its shell works',
  description: 'Changes nothing. It fails when the login, the shell or the become user does not work. It sends no ICMP: see `reachable` for that.',
  args: Type.Object({
    data: Type.String({ default: 'pong', description: 'What is returned as `ping`.' }),
  }),
  returnValues: { ping: 'what `data` says' },
  examples: '- ping:\n',
  subject: () => 'shell',
  facts: () => ({ answers: shellAnswers }),
  *plan({ data }, now) {
    if (data === 'crash') throw new PreconditionError('boom', { hint: 'That is what `data: crash` is for.' });
    if (!now.answers) throw new PreconditionError('the shell of the host does not answer');
  },
  returns: (args) => ({ ping: args.data }),
});
