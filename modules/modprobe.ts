import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change } from '../src/module.ts';
import { nothing, sh } from '../src/shell.ts';
import { loadableModule } from './facts/loadable-module.ts';
import { file, type LocatedFile } from './facts/file.ts';
import { affects } from './shared/affects.ts';
import { inlineContent } from './shared/local-file.ts';
import { fileToRevert, known, placeFile, revertFile } from './shared/place-file.ts';

/** A module of the kernel. */
export default defineModule({
  summary: 'Have a kernel module loaded, or not',
  description: 'What is built into the kernel counts as loaded. The host needs modprobe(8) of the package kmod.',
  args: Type.Object({
    name: Type.String({ pattern: '^[A-Za-z0-9_-]+$', description: 'The name of the module.' }),
    state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether it should be loaded.' }),
    params: Type.String({ default: '', description: 'Parameters for loading it.' }),
    persistent: Type.Enum(['disabled', 'present', 'absent'], { default: 'disabled', description: 'Whether it is loaded at boot, by /etc/modules-load.d; `disabled` leaves that alone.' }),
  }),
  returnValues: { name: 'the argument', state: 'the argument', params: 'the argument' },
  examples: `
- modprobe: {name: openvswitch, persistent: present}
`,
  subject: ({ name }) => `kernel module ${name}`,
  facts: ({ name }) => ({ module: loadableModule(name), load: file(`/etc/modules-load.d/${name}.conf`, { digest: true, content: { limit: 4096 } }), options: file(`/etc/modprobe.d/${name}.conf`, { digest: true, content: { limit: 4096 } }) }),
  *plan({ name, state, params, persistent }, { module, load, options }) {
    const subject = `kernel module ${name}`;
    const touches = ['kernel', 'kernel-module'];
    if (state === 'present' && !module.loaded && !module.builtIn) {
      if (!module.available) throw new PreconditionError(`the kernel ${module.kernel} has no module '${name}'`, { found: `nothing of that name in /lib/modules/${module.kernel}`, hint: 'Check the name, or install the package with the modules of this kernel.' });
      yield { action: 'create', subject, to: { loaded: true }, commands: [sh`modprobe ${name}${params === '' ? nothing : sh` ${params.split(/\s+/)}`}`], touches };
    }
    if (state === 'absent' && module.loaded) yield { action: 'delete', subject, from: { loaded: true }, commands: [sh`modprobe -r ${name}`], touches };
    if (persistent === 'present') {
      yield* configuration(load, `${name}\n`);
      if (params !== '') yield* configuration(options, `options ${name} ${params}\n`);
    }
    if (persistent === 'absent') yield* [load, options].flatMap((located) => (known(located) ? [{ action: 'delete', subject: `file ${located.path}`, commands: [sh`rm -f ${located.path}`], ...affects(located.path) } satisfies Change] : []));
  },
  revertFacts: ({ name }, before) => ({ module: loadableModule(name), load: fileToRevert(before.load), options: fileToRevert(before.options) }),
  *revert({ name }, now, before): Iterable<Change> {
    yield* revertFile(now.load, before.load);
    yield* revertFile(now.options, before.options);
    const touches = ['kernel', 'kernel-module'];
    if (now.module.loaded && !now.module.inUse && !before.module.loaded && !before.module.builtIn) yield { action: 'delete', subject: `kernel module ${name}`, commands: [sh`modprobe -r ${name}`], touches };
    if (!now.module.loaded && before.module.loaded && now.module.available) yield { action: 'create', subject: `kernel module ${name}`, commands: [sh`modprobe ${name}`], touches };
  },
  returns: ({ name, state, params }) => ({ name, state, params }),
});

function* configuration(located: LocatedFile, text: string): Generator<Change> {
  const { input, sha256 } = inlineContent(Buffer.from(text));
  yield* placeFile(located, { sha256, input }, { mode: '0644', text });
}
