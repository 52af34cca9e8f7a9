/** Completion scripts for shells, from the command tree. */
import type { ArgumentNode, CommandNode, Completes, OptionNode } from './command-tree.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script that the shell evaluates once; it runs nothing when a key is pressed. */
export function completionScript(shell: Shell, root: CommandNode): string {
  return { bash, zsh, fish }[shell](root);
}

interface Placed {
  /** The words that lead to the command: `lab up`. */
  readonly path: readonly string[];
  readonly command: CommandNode;
}

function placed(command: CommandNode, path: readonly string[] = []): Placed[] {
  return [{ path, command }, ...command.commands.flatMap((one) => placed(one, [...path, one.name]))];
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Bash has no descriptions: words for each command, and what follows each option. */
function bash(root: CommandNode): string {
  const { name } = root;
  const all = placed(root);
  const paths = all.filter(({ path }) => path.length > 0).map(({ path }) => quote(path.join(' ')));
  const afterOption = all.flatMap(({ path, command }) => command.options.filter(({ completes }) => completes.kind !== 'nothing').map((option) => `    ${option.names.map((one) => quote(`${path.join(' ')}:${one}`)).join('|')}) ${bashReply(option.completes)} ;;`));
  const words = all.map(({ path, command }) => {
    const options = command.options.flatMap((option) => option.names.filter((one) => one.startsWith('--')));
    return `    ${quote(path.join(' '))}) words=${quote([...options, '--help'].join(' '))}; rest=${quote(command.commands.map((one) => one.name).join(' '))}; ${command.arguments[0] ? `argument() { ${bashReply(command.arguments[0].completes)}; }` : 'argument() { :; }'} ;;`;
  });
  return `# Completion of ${name} for bash: source <(${name} completion bash)
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} path= word words rest
  COMPREPLY=()
  # Bash takes \`--output=json\` for three words.
  [[ $current == = ]] && current= before=\${COMP_WORDS[COMP_CWORD - 1]}
  [[ $before == = ]] && before=\${COMP_WORDS[COMP_CWORD - 2]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "\${path:+$path }$word" in
    ${paths.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path:$before" in
${afterOption.join('\n')}
    *)
      case $path in
${words.map((line) => `    ${line}`).join('\n')}
      esac
      if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
      elif [[ -n $rest ]]; then
        COMPREPLY=($(compgen -W "$rest" -- "$current"))
      else
        argument
      fi
      ;;
  esac
}
complete -o filenames -F _${name} ${name}
`;
}

function bashReply(completes: Completes): string {
  if (completes.kind === 'words') return `COMPREPLY=($(compgen -W ${quote(completes.words.join(' '))} -- "$current"))`;
  return completes.kind === 'files' ? 'COMPREPLY=($(compgen -f -- "$current"))' : ':';
}

/** zsh's _arguments: a function for each command. */
function zsh(root: CommandNode): string {
  const functionName = (path: readonly string[]): string => ['', root.name, ...path].join('_');
  const functions = placed(root).map(({ path, command }) => {
    const specs = command.options.flatMap(zshOption);
    if (command.commands.length === 0) return `${functionName(path)}() {\n  _arguments -s -S ${['\\', ...[...specs, ...command.arguments.map(zshArgument)].map((spec, index, list) => `    ${spec}${index < list.length - 1 ? ' \\' : ''}`)].join('\n')}\n}`;
    const verbs = command.commands.map((one) => `    ${quote(`${one.name}:${one.description}`)}`).join('\n');
    const cases = command.commands.map((one) => `        ${one.name}) ${functionName([...path, one.name])} ;;`).join('\n');
    return `${functionName(path)}() {
  local context state line
  local -a commands=(
${verbs}
  )
  _arguments -C ${specs.map((spec) => `${spec} `).join('')}'1: :->command' '*:: :->words'
  case $state in
    command) _describe command commands ;;
    words)
      case $line[1] in
${cases}
      esac
      ;;
  esac
}`;
  });
  return `#compdef ${root.name}
# Completion of ${root.name} for zsh: source <(${root.name} completion zsh), after compinit
${functions.join('\n\n')}

compdef _${root.name} ${root.name}
`;
}

function zshOption({ names, description, completes, repeatable, value }: OptionNode): string[] {
  const text = `[${description.replace(/[[\]\\]/g, '\\$&')}]`;
  const argument = completes.kind === 'nothing' ? '' : `:${value.replace(/[<>[\]]/g, '')}:${zshAction(completes)}`;
  const alone = names.length > 1 && !repeatable ? `(${names.join(' ')})` : '';
  return names.map((name) => quote(`${repeatable ? '*' : alone}${name}${name.startsWith('--') && argument !== '' ? '=' : ''}${text}${argument}`));
}

function zshArgument({ name, completes, variadic }: ArgumentNode): string {
  return quote(`${variadic ? '*' : ''}:${name.replace(/[<>[\].]/g, '')}:${zshAction(completes)}`);
}

function zshAction(completes: Completes): string {
  if (completes.kind === 'words') return `(${completes.words.join(' ')})`;
  return completes.kind === 'files' ? '_files' : ' ';
}

/** fish: one line for each command, option and argument, with the commands under which it counts. */
function fish(root: CommandNode): string {
  const lines = placed(root).flatMap(({ path, command }) => {
    const here = fishCondition(path, command);
    return [
      ...command.commands.map((one) => `complete -c ${root.name} -n ${quote(here)} -f -a ${one.name} -d ${quote(one.description)}`),
      ...command.options.map((option) => `complete -c ${root.name} -n ${quote(fishCondition(path))} ${option.names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ')}${fishValue(option.completes)} -d ${quote(option.description)}`),
      ...command.arguments.slice(0, 1).map(({ completes }) => `complete -c ${root.name} -n ${quote(here)} ${completes.kind === 'files' ? '-F' : completes.kind === 'words' ? `-f -a ${quote(completes.words.join(' '))}` : '-f'}`),
    ];
  });
  return `# Completion of ${root.name} for fish: ${root.name} completion fish | source
complete -c ${root.name} -f
${lines.join('\n')}
`;
}

/** Holds below a command, and with `command` only until one of its own commands follows. */
function fishCondition(path: readonly string[], command?: CommandNode): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = command && command.commands.length > 0 ? [`not __fish_seen_subcommand_from ${command.commands.map((one) => one.name).join(' ')}`] : [];
  return [...seen, ...below].join('; and ') || 'true';
}

function fishValue(completes: Completes): string {
  if (completes.kind === 'nothing') return '';
  if (completes.kind === 'words') return ` -x -a ${quote(completes.words.join(' '))}`;
  return completes.kind === 'files' ? ' -r -F' : ' -x';
}
