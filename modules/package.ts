import { Type } from 'typebox';
import { defineModule } from '../src/module.ts';
import { valueOf } from './facts/reading.ts';
import { nameProblems, packageFacts, planPackages, requireApt, revertPackages, type PackageArgs } from './shared/packages.ts';

/** Packages, by whatever package manager the host has: of those, apt is supported. */
export default defineModule({
  summary: 'Install, upgrade and remove packages',
  description: 'As `apt`, with the arguments that every package manager understands.',
  args: Type.Object({
    name: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'The packages.' }),
    state: Type.Enum(['present', 'installed', 'absent', 'removed', 'latest'], { description: '`installed` is `present`, `removed` is `absent`; `latest` upgrades packages that are there.' }),
    use: Type.Enum(['auto', 'apt', 'ansible.builtin.apt'], { default: 'auto', description: 'The package manager.' }),
  }),
  returnValues: { packages: 'name → `version`, `status` (installed, config-files, …) and `held` of the packages named' },
  examples: `- name: tools
  package:
    name: [tcpdump, iperf3]
    state: present
`,
  *validate(args) {
    yield* nameProblems(args.name);
  },
  subject: (args) => `packages ${[...args.name].sort().join(' ')}`,
  facts: (args) => packageFacts(asApt(args)),
  *plan(args, now) {
    requireApt(now);
    yield* planPackages(asApt(args), now);
  },
  revertFacts: (args) => packageFacts(asApt(args), true),
  *revert(args, now, before) {
    yield* revertPackages(asApt(args), now, before);
  },
  returns: (_args, { now }) => ({ packages: valueOf(now.packages)?.packages ?? {} }),
});

const states = { present: 'present', installed: 'present', absent: 'absent', removed: 'absent', latest: 'latest' } as const;

function asApt({ name, state }: { readonly name: readonly string[]; readonly state: keyof typeof states }): PackageArgs {
  return {
    name,
    state: states[state],
    update_cache: false,
    purge: false,
    autoremove: false,
    allow_downgrade: false,
    only_upgrade: false,
    dpkg_options: 'force-confdef,force-confold',
    lock_timeout: 60,
  };
}
