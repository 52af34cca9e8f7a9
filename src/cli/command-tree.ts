/** The command line as data, for shell completion and the manual. */
import type { Argument, Command, Option } from 'commander';
import { builtinModuleNames } from '../registry.ts';

/** What may follow an option or stand as an argument. */
export type Completes = { readonly kind: 'nothing' } | { readonly kind: 'files' } | { readonly kind: 'text' } | { readonly kind: 'words'; readonly words: readonly string[] };

export interface OptionNode {
  /** `-i`, `--inventory`. */
  readonly names: readonly string[];
  /** `<INVENTORY>`; empty for a flag. */
  readonly value: string;
  readonly description: string;
  readonly completes: Completes;
  readonly repeatable: boolean;
}

export interface ArgumentNode {
  /** `[MODULE]`, `<PLAYBOOK...>`. */
  readonly name: string;
  readonly description: string;
  readonly completes: Completes;
  readonly variadic: boolean;
}

export interface CommandNode {
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ArgumentNode[];
  readonly commands: readonly CommandNode[];
}

/** A command with all below it. Hidden ones are left out, and so is `help`, which every command has. */
export function commandTree(command: Command): CommandNode {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    usage: help.commandUsage(command),
    options: help.visibleOptions(command).filter((option) => option.long !== '--help').map(optionNode),
    arguments: command.registeredArguments.map(argumentNode),
    commands: help.visibleCommands(command).filter((one) => one.name() !== 'help').map(commandTree),
  };
}

function optionNode(option: Option): OptionNode {
  const value = /[<[].*[>\]]$/.exec(option.flags)?.[0] ?? '';
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    value,
    description: option.description,
    completes: value === '' ? { kind: 'nothing' } : completesOf(value, option.argChoices),
    // Options that collect take each further value too; commander tells them by their parser alone.
    repeatable: option.variadic || option.parseArg !== undefined,
  };
}

function argumentNode(argument: Argument): ArgumentNode {
  const name = `${argument.required ? '<' : '['}${argument.name()}${argument.variadic ? '...' : ''}${argument.required ? '>' : ']'}`;
  return { name, description: argument.description, completes: completesOf(name, argument.argChoices), variadic: argument.variadic };
}

function completesOf(placeholder: string, choices: readonly string[] | undefined): Completes {
  if (choices) return { kind: 'words', words: choices };
  if (/MODULE/i.test(placeholder)) return { kind: 'words', words: builtinModuleNames() };
  return /FILE|FOLDER|INVENTORY|PLAYBOOK|VARS/i.test(placeholder) ? { kind: 'files' } : { kind: 'text' };
}
