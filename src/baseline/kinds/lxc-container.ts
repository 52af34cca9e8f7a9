import { lxcMark } from '../../../modules/facts/lxc.ts';
import { present } from '../../../modules/facts/reading.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type Remainder, type Restoration } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';

/** LXC's usual folder (lxc.system.conf(5), lxc.lxcpath). */
const folder = '/var/lib/lxc';

export type LxcItem = {
  readonly state: 'running' | 'frozen' | 'stopped';
  /** A digest of its config file. */
  readonly config: string;
  /** The names at the top of its root file system. */
  readonly root: string;
  readonly byCtplay: boolean;
};

const containers: Fact<Reading<Readonly<Record<string, LxcItem>>>> = {
  kind: 'lxc-containers',
  key: '',
  read: sh`export LC_ALL=C; cd ${folder} 2>/dev/null || exit 0; set -- */config; [ -e "$1" ] || exit 0
sha256sum "$@" | sed 's/^/config /'; grep -lxF ${lxcMark} "$@" | sed 's/^/mark /'; find */rootfs -mindepth 1 -maxdepth 1 -printf 'root %h/%f\\n' 2>/dev/null
lxc-ls -f -F NAME,STATE | sed 's/^/state /'; :`,
  domains: ['lxc'],
  parse: ({ stdout }) => present(parseContainers(stdout.split('\n'))),
};

function parseContainers(lines: readonly string[]): Record<string, LxcItem> {
  const all = (word: string, pattern: RegExp) => lines.flatMap((line) => (line.startsWith(`${word} `) ? [pattern.exec(line.slice(word.length + 1))?.slice(1) ?? []] : []));
  const states = new Map(all('state', /^(\S+)\s+(\S+)/).map(([name, state]) => [name!, state!]));
  const marks = new Set(all('mark', /^(.+)\/config$/).map(([name]) => name));
  const roots = all('root', /^([^/]+)\/rootfs\/(.*)$/);
  const stateOf = (state = 'STOPPED'): LxcItem['state'] => (/^(STOPPED|ABORTING|STOPPING)$/.test(state) ? 'stopped' : /^(FROZEN|FREEZING)$/.test(state) ? 'frozen' : 'running');
  return Object.fromEntries(
    all('config', /^([0-9a-f]{64}) {2}(.+)\/config$/).map(([config, name]) => [
      name!,
      { state: stateOf(states.get(name!)), config: config!, root: roots.filter(([of]) => of === name).map(([, entry]) => entry!).sort().join(' '), byCtplay: marks.has(name) },
    ]),
  );
}

/** Containers of LXC in its usual folder. */
export const lxcContainerKind = defineKind<LxcItem, { containers: typeof containers }>({
  name: 'lxc-container',
  summary: 'Containers of LXC: their config, the top of their root file system, whether they run',
  facts: { containers },
  items: (values) => values.containers,
  subject: ({ key }) => `container ${key} of LXC`,
  words: (difference) =>
    clauses(difference, (before, now) => [
      ...(before.state === now.state ? [] : [{ running: 'runs', frozen: 'is frozen', stopped: 'is stopped' }[now.state]]),
      ...(before.config === now.config ? [] : ['has another config']),
      ...(before.root === now.root ? [] : ['has another root file system']),
    ]),
  marked: ({ byCtplay }) => byCtplay,
  ledgerSubjects: (key) => [`LXC container ${key}`],
  keep: (target) => sh`cd ${folder} 2>/dev/null || exit 0; set -- */config; [ ! -e "$1" ] || tar -czf ${`${target}/lxc.tar.gz`} --numeric-owner "$@"`,
  *restore(differences, { contents }) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key, now } of added) {
      yield { stage: 'containers', keys: [key], change: { action: 'delete', subject: `container ${key} of LXC`, from: now.state, commands: [destruction(key)], typed: [sh`lxc-destroy -f -n ${key}`] } };
    }
    for (const { key } of gone) yield { key, why: 'what it held went with it; the playbook or command that made it makes a new one' };
    for (const { key, before, now } of changed) yield* changeBack(key, before, now, contents);
  },
});

/** Also what is half made, so that lxc-destroy(1) doesn't know what to do with it. */
function destruction(name: string): Command {
  const path = `${folder}/${name}`;
  return sh`[ ! -e ${path} ] || { lxc-stop -k -n ${name} 2>/dev/null; lxc-destroy -f -s -n ${name} >/dev/null 2>&1 || lxc-destroy -f -n ${name} >/dev/null 2>&1; [ ! -e ${path} ] || [ "$(LC_ALL=C lxc-info -n ${name} -sH 2>/dev/null)" = RUNNING ] || rm -rf --one-file-system ${path}; [ ! -e ${path} ]; }`;
}

function* changeBack(name: string, before: LxcItem, now: LxcItem, contents: string | undefined): Generator<Restoration | Remainder> {
  const subject = `container ${name} of LXC`;
  if (before.root !== now.root) yield { key: name, why: 'its root file system is another than it was, and what it held is not known' };
  const hasOther = before.config !== now.config;
  if (hasOther && contents === undefined) yield { key: name, why: 'what was kept at capture is gone' };
  if (hasOther && contents !== undefined) {
    const put = sh`tar -C ${folder} -xzpf ${`${contents}/lxc.tar.gz`} --numeric-owner ${`${name}/config`}`;
    // A container reads its config when it starts.
    const restart = now.state === 'stopped' || before.state === 'stopped' ? [] : [sh`lxc-stop -n ${name}`, sh`lxc-start -n ${name}`];
    yield { stage: 'container-starts', keys: [name], change: { action: 'update', subject: `${subject}: config`, from: 'another', to: 'as captured', commands: [put, ...restart] } };
  }
  if (before.state === now.state) return;
  const [stage, command] = stateCommand(name, before.state, now.state);
  yield { stage, keys: [name], change: { action: 'update', subject: `${subject}: state`, from: now.state, to: before.state, commands: [command] } };
}

function stateCommand(name: string, before: LxcItem['state'], now: LxcItem['state']): ['containers' | 'container-starts', Command] {
  if (before === 'stopped') return ['containers', now === 'frozen' ? sh`lxc-stop -k -n ${name}` : sh`lxc-stop -t 10 -n ${name}`];
  const start = now === 'stopped' ? sh`lxc-start -n ${name}` : sh`lxc-unfreeze -n ${name}`;
  const freeze = sh`lxc-freeze -n ${name}`;
  return ['container-starts', before === 'running' ? start : now === 'stopped' ? sh`${start} && ${freeze}` : freeze];
}
