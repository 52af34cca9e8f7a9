/** Commands as lists of words, roughly: enough to see what a script may do to the way in, without running it. */
import type { Command } from '../shell.ts';

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
const prefixes = new Set(['sudo', 'exec', 'env', 'nohup', 'setsid', 'time', 'command', 'if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', '(', 'timeout', '-n', '-k', '-E', '--']);

/** Programs that run another one. */
const runners = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'su', 'runuser', 'xargs', 'find', 'nice', 'ionice', 'chrt', 'flock', 'watch', 'strace', 'stdbuf', 'busybox', 'systemd-run', 'doas', 'pkexec']);

/** What runs inside a container or another network namespace is no danger to the host's own network. */
const elsewhere = /^(?:nsenter|docker|podman|lxc|lxc-attach|lxc-execute|chroot|unshare|machinectl|kubectl|crictl)$/;

/**
 * The simple commands of a script, as it may be shown, and of what it reads, also those inside quotes (`sh -c '…'`). Comments and what runs in another network
 * namespace are left out. Pure and total.
 */
export function simpleCommands({ display, input }: Command): readonly SimpleCommand[] {
  const scripts = [display];
  if (input?.kind === 'text' && typeof input.text === 'string' && input.text.length <= longestScript) scripts.push(input.text);
  if (input?.kind === 'bytes' && input.secret !== true && input.bytes.length <= longestScript) scripts.push(Buffer.from(input.bytes).toString('latin1'));
  return scripts.flatMap(commandsOf);
}

function commandsOf(script: string): SimpleCommand[] {
  return script
    .replace(/\\\n/g, ' ')
    .replace(/(^|\s)#[^\n]*/g, '$1')
    .replace(/["'\\]/g, '')
    .split(/[\n;|`]+|(?<!>)&+|\$\(|[()]/)
    .flatMap((part) => {
      const writes = />/.test(part.replace(/\d?>(?:\s*\/dev\/null|&\d)/g, ''));
      const words = part.split(/[\s<>]+/).filter((word) => word !== '');
      // What is only given a name is used under it later.
      if (words.length > 0 && words.every(isAssignment)) return [{ words, program: '=', writes }];
      while (words.length > 0 && (prefixes.has(words[0]!) || isAssignment(words[0]!) || /^\d+$/.test(words[0]!))) words.shift();
      return wrapped(words).flatMap((own): SimpleCommand[] => {
        const program = programOf(own);
        return program === '' || isElsewhere(program, own) ? [] : [{ words: own, program, writes }];
      });
    });
}

function isAssignment(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word);
}

/** What a runner of other commands runs: after `-c` or `-exec`, else, since its options aren't known here, whatever may begin a command. */
function wrapped(words: readonly string[]): readonly (readonly string[])[] {
  if (!runners.has(programOf(words))) return [words];
  const at = words.findIndex((word) => /^-(?:[a-z]*c|exec(?:dir)?)$/.test(word));
  return at < 0 ? words.map((_word, index) => words.slice(index + 1)) : wrapped(words.slice(at + 1));
}

function programOf(words: readonly string[]): string {
  return words[0]?.replace(/^.*\//, '') ?? '';
}

function isElsewhere(program: string, words: readonly string[]): boolean {
  if (program === 'ip') return /^-(?:n|netns)$/.test(words[1] ?? '') || (words[1] === 'netns' && words[2] === 'exec');
  if (program === 'nsenter' && words.some((word, index) => (word === '-t' || word === '--target') && words[index + 1] === '1')) return false;
  return elsewhere.test(program);
}
