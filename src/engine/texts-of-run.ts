/** All that a run may evaluate: of its playbooks, the inventory's variables and those of the command line. */
import { loadVarsFile } from '../load/playbook.ts';
import { localNames } from '../load/inventory/pattern.ts';
import type { Playbook } from '../load/tree.ts';
import { EvaluatedTexts } from './evaluated-texts.ts';
import { ControllerFiles } from './files.ts';
import type { RunContext } from './run-context.ts';

export function textsOf(run: RunContext, playbooks: readonly Playbook[]): EvaluatedTexts {
  const { settings, registry } = run;
  const texts = new EvaluatedTexts({
    files: (playbookFile, roles, taskFile) => new ControllerFiles(playbookFile, { keywords: [], roles, included: [] }, taskFile, run),
    variablesIn: (file) => loadVarsFile(file, { decrypt: settings.vault.decrypt }),
    isForeign: (module) => registry.fileOf(module) !== undefined,
  });
  if (settings.target.connection === 'local') texts.addLocalWork();
  texts.addVariables(settings.extraVars);
  const plays = playbooks.flatMap((playbook) => playbook.plays);
  for (const play of plays) {
    texts.addPlay(play);
    if ([play.hosts].flat().some((host) => localNames.includes(host))) texts.addLocalWork();
  }
  for (const inventory of new Set(plays.map((play) => run.inventoryBeside(play.source.file)))) for (const variables of inventory.variableSets()) texts.addVariables(variables);
  return texts;
}
