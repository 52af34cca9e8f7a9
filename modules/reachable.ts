import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Fact } from '../src/module.ts';
import { reachability, type Answer, type Reachability } from './facts/reachability.ts';
import { diagnose } from './shared/diagnosis.ts';
import { requireProcess, targetArguments, targetName, targetProblems, type TargetArgs } from './shared/target.ts';

interface ReachArgs extends TargetArgs {
  readonly to: string | readonly string[];
  readonly port?: number;
  readonly expected: boolean;
  readonly timeout: number;
}

type Facts = { readonly reach: Fact<Reachability> };

/** A check, not a change: who can talk to whom. */
export default defineModule({
  summary: 'Check that addresses can be reached, or cannot',
  description: [
    'Sends ping, or with `port` opens a TCP connection, from the host or from inside a container, with the tools of the host, to all addresses at the same time, again and again until each answers as expected or the time is over. It changes nothing.',
    'When an address does not answer, the task fails with the first thing on the way that is broken: an interface that is down, a missing route, nobody who answers ARP, a tunnel whose other end is silent, forwarding that is off, a port that nobody listens on.',
  ].join('\n\n'),
  args: Type.Object({
    ...targetArguments,
    to: Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], { description: 'An address or a name of the host\'s /etc/hosts or DNS, or a list of them.' }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'A TCP port. Left out, ping.' })),
    expected: Type.Boolean({ default: true, description: 'False: the task fails when an address answers.' }),
    timeout: Type.Integer({ default: 15, minimum: 0, maximum: 3600, description: 'For how many seconds it is tried again.' }),
  }),
  examples: `
- name: The containers see each other and the outside
  reachable:
    container: web
    to: [172.15.42.101, 172.15.42.1, 192.0.2.1]

- name: The database is not open to the host's network
  reachable:
    to: 10.0.0.4
    port: 5432
    expected: false
`,
  *validate(args) {
    yield* targetProblems(args, false);
  },
  subject: (args) => `reachability of ${addresses(args).join(', ')} from ${targetName(args)}`,
  readWhen: 'due',
  facts: (args): Facts => ({
    reach: reachability({ from: args, to: addresses(args), expected: args.expected, timeout: args.timeout, ...(args.port === undefined ? {} : { port: args.port }) }),
  }),
  *plan(args, { reach }) {
    const who = targetName(args);
    if (reach.missing !== undefined) {
      if (args.container !== undefined || args.lxc !== undefined || args.lxd !== undefined) requireProcess(args, reach.missing);
      throw new PreconditionError(`there is no ${who} on this host`, { hint: 'Put the task that makes it before this one.' });
    }
    if (reach.lacks !== undefined) {
      throw new PreconditionError(`the host has no ${reach.lacks} to ask with`, { hint: `Put a task \`apt: {name: ${reach.lacks === 'ping' ? 'iputils-ping' : reach.lacks}}\` before this one.` });
    }
    const wrong = reach.answers.filter((answer) => answer.reached !== args.expected);
    if (wrong.length > 0) throw args.expected ? unreached(args, who, wrong, reach) : reached(args, who, wrong);
  },
  returns: (_args, { now }) => ({ reached: now.reach.answers.filter((answer) => answer.reached).map((answer) => answer.to), unreached: now.reach.answers.filter((answer) => !answer.reached).map((answer) => answer.to) }),
});

function addresses(args: ReachArgs): readonly string[] {
  return typeof args.to === 'string' ? [args.to] : args.to;
}

function where(args: ReachArgs, answer: Answer): string {
  return args.port === undefined ? answer.to : `${answer.to} port ${args.port}`;
}

function unreached(args: ReachArgs, who: string, wrong: readonly Answer[], { surroundings }: Reachability): PreconditionError {
  const found = wrong.map((answer) => ({ answer, diagnosis: surroundings && diagnose(who, answer, args.port, surroundings) }));
  const [first, ...others] = found;
  return new PreconditionError(`${who} does not reach ${where(args, first!.answer)}${first!.diagnosis ? `: ${first!.diagnosis.cause}` : ''}`, {
    expected: `an answer within ${args.timeout} s`,
    found: first!.answer.message,
    hint: first!.diagnosis?.hint,
    detail: others.length === 0 ? undefined : others.map(({ answer, diagnosis }) => `nor ${where(args, answer)}${diagnosis ? `: ${diagnosis.cause}` : ''}`).join('\n'),
  });
}

function reached(args: ReachArgs, who: string, wrong: readonly Answer[]): PreconditionError {
  return new PreconditionError(`${who} reaches ${wrong.map((answer) => where(args, answer)).join(', ')}, and should not`, {
    expected: `no answer, at the latest after ${args.timeout} s`,
    hint: 'Separate them: another bridge, another VLAN, or a firewall rule.',
  });
}
