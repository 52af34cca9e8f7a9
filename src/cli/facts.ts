/** `ctplay facts`: what the facts see, as JSON. */
import { catalog } from '../../modules/facts/catalog.ts';
import { CtplayError, didYouMean } from '../errors.ts';
import { Registry } from '../registry.ts';
import { errorsOnly } from './errors-only.ts';
import { addHostOptions, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import { setUp } from './settings.ts';
import type { Verb } from './verb.ts';

const configure: Verb = (command) => {
  command.argument('<HOSTPATTERN>', 'hosts, as in a play').usage('HOSTPATTERN -i INVENTORY… [options]');
  addHostOptions(
    command.optionsGroup('What to read:').option('--kind <KINDS>', 'only these kinds, separated by commas', (value: string, before: string[] | undefined) => [...(before ?? []), ...value.split(',')]),
  )
    .addHelpText('after', `\nKinds:\n${Object.entries(catalog).map(([name, { summary }]) => `  ${name.padEnd(18)}${summary}`).join('\n')}`)
    .action(async (pattern: string, flags: HostFlags & { kind?: string[] }) => {
      const kinds = flags.kind ?? Object.keys(catalog);
      for (const kind of kinds) {
        if (!Object.hasOwn(catalog, kind)) throw new CtplayError('usage.option', `there is no kind of fact '${kind}'`, { expected: Object.keys(catalog).join(', '), hint: didYouMean(kind, Object.keys(catalog)) });
      }
      const { readFacts } = await import('../engine/read-facts.ts');
      const wanted = Object.fromEntries(kinds.map((kind) => [kind, catalog[kind]!.fact]));
      process.exitCode = await withRun({ ...(await setUp(flags)), registry: new Registry(), reporter: errorsOnly(flags.verbose) }, async (parts) => {
        const { byHost, exitStatus } = await readFacts(parts, pattern, wanted);
        process.stdout.write(`${JSON.stringify(byHost, null, 2)}\n`);
        return exitStatus;
      });
    });
};
export default configure;
