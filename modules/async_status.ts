import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { job, jobFile, removeJob, type Job } from './facts/job.ts';

/** What a task with `async` and `poll: 0` has come to. */
export default defineModule({
  summary: 'Look at a task that runs in the background',
  description: 'Fails when the task it looks at failed. Use it with `until: job.finished`.',
  args: Type.Object({
    jid: Type.String({ pattern: '^[A-Za-z0-9._-]+$', description: 'The task’s `ansible_job_id`.' }),
    mode: Type.Enum(['status', 'cleanup'], { default: 'status', description: '`cleanup` removes what is kept of the job.' }),
  }),
  examples: `
- command: apt-get update
  async: 600
  poll: 0
  register: update
- async_status: {jid: "{{ update.ansible_job_id }}"}
  register: job
  until: job.finished
  retries: 60
  delay: 5
`,
  returnValues: { finished: '1 when it has ended, else 0', rc: 'its exit status', stdout: 'what it printed' },
  declarative: false,
  readWhen: 'due',
  subject: ({ jid }) => `job ${jid}`,
  facts: ({ jid }) => ({ job: job(jid) }),
  *plan({ jid, mode }, { job: found }) {
    const touches = [`job:${jid}`];
    if (mode === 'cleanup') {
      if (found.state !== 'absent') yield { action: 'delete', subject: `job ${jid}`, commands: [removeJob(jid)], touches };
      return;
    }
    if (found.state === 'absent') throw new PreconditionError(`there is no job '${jid}'`, { hint: 'Give the ansible_job_id that a task with async and poll: 0 registered.' });
    if (found.state === 'ended') yield { action: 'run', subject: `job ${jid}`, commands: [sh`exit ${found.status}`], touches };
  },
  returns({ jid, mode }, { before }) {
    const shared = { ansible_job_id: jid, results_file: jobFile(jid) };
    return mode === 'cleanup' ? { ...shared, erased: jobFile(jid) } : { ...shared, ...stateOf(before.job) };
  },
});

function stateOf(found: Job): Record<string, unknown> {
  switch (found.state) {
    case 'absent': return { started: 0, finished: 0 };
    case 'running': return { started: 1, finished: 0 };
    case 'known': return { ...found.result, started: 1, finished: 1 };
    case 'ended': {
      const [stdout, stderr] = [found.stdout.replace(/[\r\n]+$/, ''), found.stderr.replace(/[\r\n]+$/, '')];
      const lines = (text: string): string[] => (text === '' ? [] : text.split('\n'));
      const [start, end] = [found.started, found.ended].map((seconds) => new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19));
      return { started: 1, finished: 1, rc: found.status, stdout, stderr, stdout_lines: lines(stdout), stderr_lines: lines(stderr), start, end };
    }
  }
}
