/** Which programs a script runs with which words: enough to see what it may do to the way in, without running it. */
import type { Change } from '../module.ts';
import type { Command } from '../shell.ts';
import { parseScript, type ParsedCommand } from './script-parser.ts';

/** One simple command of a script. */
export interface SimpleCommand {
  readonly words: readonly string[];
  /** Without its path: `ip`, `systemctl`; `=` where variables are set and nothing is run. */
  readonly program: string;
  /** Its standard output goes to a file. */
  readonly writes: boolean;
}

/** A larger input is data, not a script. */
const longestScript = 256 * 1024;

/** Words before a program that say how it runs, not what. */
const prefixes = new Set(['sudo', 'exec', 'env', 'nohup', 'setsid', 'time', 'command', 'if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', '(', 'timeout', '-i', '-n', '-k', '-E', '--']);

/** Programs that run another one. */
const runners = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'su', 'runuser', 'xargs', 'find', 'nice', 'ionice', 'chrt', 'flock', 'watch', 'strace', 'stdbuf', 'busybox', 'systemd-run', 'doas', 'pkexec']);

/** What runs inside a container or another network namespace is no danger to the host's own network. */
const elsewhere = /^(?:nsenter|docker|podman|lxc|lxc-attach|lxc-execute|chroot|unshare|machinectl|kubectl|crictl)$/;

/**
 * The simple commands of a script, as it may be shown, with those that it has a shell run (`sh -c '…'`), and with `input` those that it reads.
 * What runs in a container or another network namespace is left out. Pure and total.
 */
export function simpleCommands({ display, input }: Command, given: { readonly input: boolean }): readonly SimpleCommand[] {
  const scripts = [display];
  if (given.input && input?.kind === 'text' && typeof input.text === 'string' && input.text.length <= longestScript) scripts.push(input.text);
  if (given.input && input?.kind === 'bytes' && input.secret !== true && input.bytes.length <= longestScript) scripts.push(Buffer.from(input.bytes).toString('latin1'));
  return scripts.flatMap((script) => parseScript(script).flatMap(understood));
}

/** All commands of changes. What a command reads is a script where the change is to run one, and a file's content elsewhere. */
export function commandsOf(changes: readonly Change[]): readonly SimpleCommand[] {
  return changes.flatMap((change) => change.commands.flatMap((command) => simpleCommands(command, { input: change.action === 'run' })));
}

function understood({ words: given, writes }: ParsedCommand): readonly SimpleCommand[] {
  const words = [...given];
  // What is only given a name is used under it later.
  if (words.every(isAssignment)) return [{ words, program: '=', writes }];
  while (words.length > 0 && (prefixes.has(words[0]!) || isAssignment(words[0]!) || /^\d+$/.test(words[0]!))) words.shift();
  const program = words[0]?.replace(/^.*\//, '') ?? '';
  if (program === '' || isElsewhere(program, words)) return [];
  if (!runners.has(program)) return [{ words, program, writes }];
  const at = words.findIndex((word) => /^-(?:[a-z]*c|exec(?:dir)?)$/.test(word));
  if (at < 0) return words.flatMap((_word, index) => understood({ words: words.slice(index + 1), writes }));
  return words[at]!.startsWith('-exec') ? understood({ words: words.slice(at + 1), writes }) : parseScript(words[at + 1] ?? '').flatMap(understood);
}

function isAssignment(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word);
}

function isElsewhere(program: string, words: readonly string[]): boolean {
  if (program === 'ip') return /^-(?:n|netns)$/.test(words[1] ?? '') || (words[1] === 'netns' && words[2] === 'exec');
  if (program === 'nsenter' && words.some((word, index) => (word === '-t' || word === '--target') && words[index + 1] === '1')) return false;
  return elsewhere.test(program);
}
