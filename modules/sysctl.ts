import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Fact, type Reading, type Values } from '../src/module.ts';
import { nothing, sh, type Command } from '../src/shell.ts';
import type { LocatedFile } from './facts/file.ts';
import { valueOf } from './facts/reading.ts';
import { normalValue, sysctlPath, sysctlValue } from './facts/sysctl.ts';
import { hasTool } from './facts/tool.ts';
import { editFacts, textOf, writeText } from './shared/edit-text.ts';
import { fileToRevert, revertFile } from './shared/place-file.ts';
import { withoutSetting, withSetting } from './shared/sysctl-file.ts';

const args = Type.Object({
  name: Type.String({ minLength: 1, aliases: ['key'], description: 'The parameter, as net.ipv4.ip_forward.' }),
  value: Type.Optional(Type.String({ aliases: ['val'], description: 'Its value.' })),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether the file sets it.' }),
  sysctl_file: Type.String({ default: '/etc/sysctl.conf', description: 'The file that keeps it over restarts.' }),
  sysctl_set: Type.Boolean({ default: false, description: 'Also see that the kernel uses the value now.' }),
  reload: Type.Boolean({ default: true, description: 'When the file was changed, have the kernel use all of it.' }),
  ignoreerrors: Type.Boolean({ default: false, description: 'Pass over parameters that the kernel does not know.' }),
});
type Args = Static<typeof args>;

type Facts = { readonly file: Fact<LocatedFile>; readonly value: Fact<Reading<string>>; readonly sysctl: Fact<boolean> };
type Now = Values<Facts>;

/** A kernel parameter, now and after a restart. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Set kernel parameters',
  description: 'Keeps the parameter in a file of sysctl.conf(5), and has the kernel use it. Reset puts back the file and the value that the kernel used before.',
  args,
  examples: `
- name: Forward packets
  sysctl:
    name: net.ipv4.ip_forward
    value: "1"
    sysctl_set: true
    sysctl_file: /etc/sysctl.d/90-lab.conf
`,
  *validate({ name, state, value }) {
    if (state === 'present' && (value === undefined || value.trim() === '')) yield { path: ['value'], message: `it is not said which value ${name} should have` };
    if (/[\s=]|(^|[./])\.\.?([./]|$)/.test(name)) yield { path: ['name'], message: `'${name}' is not the name of a kernel parameter`, hint: 'Write it like net.ipv4.ip_forward.' };
  },
  brief: true,
  subject: ({ name }) => `kernel parameter ${name}`,
  facts: ({ name, sysctl_file: path }): Facts => ({ file: editFacts({ path }).file, value: sysctlValue(name), sysctl: hasTool('sysctl') }),
  *plan(given, now) {
    const { name, sysctl_file: path, state } = given;
    const text = textOf(now.file) ?? '';
    const value = plainValue(given.value ?? '');
    const edited = state === 'present' ? withSetting(text, name, value) : withoutSetting(text, name);
    const writing = edited === text ? [] : [...writeText({ path, backup: false, unsafe_writes: false }, now.file, edited)];
    const reloads = given.reload && writing.length > 0;
    if (state === 'present' && (given.sysctl_set || reloads)) yield* kernelChange(given, now, value);
    yield* writing;
    if (reloads && now.sysctl) yield { action: 'run', subject: `kernel parameters of ${path}`, commands: [sh`sysctl${given.ignoreerrors ? sh` -e` : nothing} -p ${path}`], touches: ['sysctl'] };
  },
  revertFacts: ({ name }, { file }) => ({ file: fileToRevert(file), value: sysctlValue(name), sysctl: hasTool('sysctl') }),
  *revert(given, now, before) {
    yield* revertFile(now.file, before.file);
    if (!given.sysctl_set && !given.reload) return;
    const [value, old] = [valueOf(now.value), valueOf(before.value)];
    if (value !== undefined && old !== undefined && value !== old) yield kernelUpdate(given.name, value, old, now.sysctl);
  },
});

function* kernelChange(given: Args, now: Now, wanted: string): Generator<Change> {
  const { value } = now;
  if (value.state === 'present') {
    if (value.value !== normalValue(wanted)) yield kernelUpdate(given.name, value.value, wanted, now.sysctl);
  } else if (!given.ignoreerrors) {
    throw new PreconditionError(`the kernel of this host has no parameter ${given.name}`, {
      expected: `/proc/sys/${sysctlPath(given.name)}`,
      ...(value.state === 'unavailable' ? { found: value.detail } : {}),
      hint: 'Correct the name; some parameters appear only with a kernel module, such as br_netfilter: load it by a task `modprobe` before.',
    });
  }
}

function kernelUpdate(name: string, from: string, to: string, sysctl: boolean): Change {
  return { action: 'update', subject: `kernel parameter ${name}`, from, to, commands: [setting(name, to, sysctl)], touches: [`sysctl:${name}`] };
}

function setting(name: string, value: string, sysctl: boolean): Command {
  return sysctl ? sh`sysctl -w ${`${name}=${value}`}` : sh`printf '%s\\n' ${value} >${`/proc/sys/${sysctlPath(name)}`}`;
}

/** YAML's booleans are numbers to the kernel. */
function plainValue(value: string): string {
  if (/^(yes|on|true|y|t)$/i.test(value.trim())) return '1';
  if (/^(no|off|false|n|f)$/i.test(value.trim())) return '0';
  return value.trim();
}
