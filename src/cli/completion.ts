/** `ctplay completion`: what a shell needs to complete ctplay's command lines. */
import { Argument, type Command } from 'commander';
import { commandTree } from './command-tree.ts';
import { completionScript, shells, type Shell } from './completion-scripts.ts';

export default function configure(command: Command): void {
  command
    .addArgument(new Argument('<SHELL>', 'the shell').choices(shells))
    .addHelpText('after', '\nbash: source <(ctplay completion bash) in ~/.bashrc\nzsh:  source <(ctplay completion zsh) in ~/.zshrc, after compinit\nfish: ctplay completion fish | source in ~/.config/fish/config.fish')
    .action(async (shell: Shell) => {
      const { createProgram } = await import('./main.ts');
      process.stdout.write(completionScript(shell, commandTree(await createProgram(command.parent?.version() ?? ''))));
    });
}
