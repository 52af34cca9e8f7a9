/** `ctplay reset`: takes back what ctplay made, or all that differs from a baseline. */
import { writeFileSync } from 'node:fs';
import { Option } from 'commander';
import { baselineName, defaultName } from '../baseline/choice.ts';
import { Copies } from '../baseline/copies.ts';
import { SeatWatch, seatsFile } from '../baseline/seats.ts';
import type { RunParts } from '../engine/run-context.ts';
import { CtplayError } from '../errors.ts';
import { Registry } from '../registry.ts';
import { reporterKinds, type ReporterKind } from '../report/index.ts';
import { duration } from './duration.ts';
import { addChangeOptions, addHostOptions, addOutputOptions, collect, collectWords, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import { setUp, type Setup } from './settings.ts';
import type { Verb } from './verb.ts';

interface ResetFlags extends HostFlags {
  readonly output?: ReporterKind;
  readonly to: 'ledger' | 'baseline';
  readonly name?: string;
  readonly only?: readonly string[];
  readonly keep?: readonly string[];
  readonly deadline?: string;
  readonly unfinished?: boolean;
  readonly summaryFile?: string;
}

const epilogue = `
Each host keeps a ledger of what ctplay made on it. That is taken back, the
newest first, and what was there before is put back. An interrupted reset can
be run again; hosts that could not be reached can be reset later.

--to baseline also takes back what was done by hand: the host is read, what
differs from its baseline is changed, and it is read again, until nothing
differs. What carries the SSH session stays as it is. All hosts are reset at
once, unless --forks says otherwise.

Examples:
  ctplay reset -i seats --to baseline --check --diff     what would be done?
  ctplay reset -i seats --to baseline --deadline 10m     wait for seats that are off
  ctplay reset -i seats --to baseline --unfinished       only those not clean yet
  ctplay reset -i seats --to baseline --keep 'file:/home/*' --keep docker-image

Exit status: 0 all hosts are as they were; 2 something is left on a host; 4 a
host could not be reached; 130 interrupted.`;

/** What has a meaning for a baseline alone. */
const baselineOnly = ['name', 'only', 'keep', 'deadline', 'unfinished'] as const satisfies readonly (keyof ResetFlags)[];

const configure: Verb = (command) => {
  command.usage('-i INVENTORY… [options]');
  addChangeOptions(command)
    .addOption(new Option('--to <WHAT>', 'take back what ctplay made, or all that differs from a baseline').choices(['ledger', 'baseline']).default('ledger'))
    .optionsGroup('With --to baseline:')
    .option('--name <NAME>', `which baseline (default: ${defaultName})`)
    .option('--only <KINDS>', 'only these kinds of state, separated by commas', collectWords)
    .option('--keep <PATTERN>', 'leave what this names: a kind, a thing, or KIND:THING; * and ? match any text; may be given more than once', collect)
    .option('--deadline <DURATION>', 'try hosts that are off again for so long: 90s, 10m, 1h')
    .option('--unfinished', 'only hosts that were not proven clean since the last reset without this option');
  addOutputOptions(addHostOptions(command), reporterKinds, 'live on a terminal, plain otherwise')
    .option('--summary-file <FILE>', 'also write the table of hosts to a file, by its name as .json or .csv')
    .addHelpText('after', epilogue)
    .action(async (flags: ResetFlags) => {
      process.exitCode = await reset(flags);
    });
};
export default configure;

async function reset(flags: ResetFlags): Promise<number> {
  const { output, summaryFile } = flags;
  if (summaryFile !== undefined && !/\.(json|csv)$/i.test(summaryFile)) throw new CtplayError('usage.option', '--summary-file takes the name of a .json or .csv file', { found: summaryFile });
  const work = flags.to === 'baseline' ? await toBaseline(flags) : await toLedger(flags);
  const setup = await setUp(flags);
  // Hosts that wait for one another would make a class wait.
  const settings = flags.to === 'baseline' && flags.forks === undefined ? { ...setup.settings, forks: Number.MAX_SAFE_INTEGER } : setup.settings;
  let watch: SeatWatch | undefined;
  try {
    return await withRun({ ...setup, settings, registry: new Registry(), ...(output ? { output } : {}) }, (parts) => {
      watch = new SeatWatch(parts.emit);
      return work({ ...parts, emit: watch.emit }, setup);
    });
  } finally {
    if (summaryFile !== undefined && watch) writeFileSync(summaryFile, seatsFile(summaryFile, watch.seats()));
  }
}

type Work = (parts: RunParts, setup: Setup) => Promise<number>;

async function toLedger(flags: ResetFlags): Promise<Work> {
  const wrong = baselineOnly.find((flag) => flags[flag] !== undefined);
  if (wrong !== undefined) throw new CtplayError('usage.option', `--${wrong} needs --to baseline`, { hint: 'Without it, only what ctplay made is taken back, by its ledger.' });
  const { resetHosts } = await import('../engine/reset-hosts.ts');
  return (parts) => resetHosts(parts);
}

async function toBaseline(flags: ResetFlags): Promise<Work> {
  const { resetHostsToBaseline } = await import('../baseline/reset.ts');
  const name = baselineName(flags.name ?? defaultName);
  const patience = flags.deadline === undefined ? {} : { deadline: Date.now() + duration(flags.deadline, '--deadline') };
  return (parts, setup) => resetHostsToBaseline(parts, { name, only: flags.only, keep: flags.keep ?? [], unfinished: flags.unfinished ?? false, copies: Copies.of(setup.sources), ...patience });
}
