/** What a play says of hosts, files, prompts and order: checked, in the tree's form. Problems are added to the scope's. */
import path from 'node:path';
import { CtplayError, didYouMean } from '../errors.ts';
import { hasTemplate } from './has-template.ts';
import { isFile, readYaml, variablesOf, type LoadScope } from './scope.ts';
import type { Play, VarsPrompt } from './tree.ts';
import { describeNode, valueOf, type YamlMap, type YamlNode } from './yaml/node.ts';

export function hostsOf(node: YamlMap, scope: LoadScope): string | readonly string[] {
  const entry = node.entries.get('hosts');
  const report = (found: string, span = entry?.value.span ?? node.span): string => {
    scope.problems.add(
      new CtplayError('playbook.structure', entry ? "'hosts' must say which hosts" : "the play has no 'hosts'", { span, expected: 'a pattern such as all, a host or group, or a list of them', found, hint: entry ? undefined : "'hosts: all' takes every host of the inventory." }),
    );
    return '';
  };
  if (!entry) return report('none');
  const value = valueOf(entry.value);
  if (typeof value === 'string' && value.trim() !== '') return value;
  if (typeof value === 'number') return String(value);
  if (entry.value.kind === 'list' && entry.value.items.length > 0) {
    const wrong = entry.value.items.find((item) => item.kind !== 'scalar' || item.value === null);
    if (wrong) report(describeNode(wrong), wrong.span);
    return (value as unknown[]).map(String);
  }
  return report(describeNode(entry.value));
}

export function varsFiles(node: YamlNode | undefined, scope: LoadScope): Play['varsFiles'] {
  if (!node) return [];
  const items = node.kind === 'list' ? node.items : [node];
  const isName = (item: YamlNode): boolean => item.kind === 'scalar' && typeof item.value === 'string';
  const files: (string | readonly string[])[] = [];
  for (const item of items) {
    if (isName(item)) files.push(String(valueOf(item)));
    else if (item.kind === 'list' && item.items.every(isName)) files.push(item.items.map((one) => String(valueOf(one))));
    else if (!(item.kind === 'scalar' && item.value === null)) scope.problems.add(new CtplayError('playbook.structure', "'vars_files' takes names of files", { span: item.span, expected: 'a path, or a list of paths of which the first that exists is taken', found: describeNode(item) }));
  }
  return files;
}

/** What the files of `vars_files` say that can be known before the run: those without a template in their name. */
export function staticVariables(files: Play['varsFiles'], scope: LoadScope): Readonly<Record<string, unknown>> {
  const folder = path.dirname(scope.file);
  const found = files.flatMap((names) => [names].flat().filter((name) => !hasTemplate(name)).flatMap((name) => [path.resolve(folder, 'vars', name), path.resolve(folder, name)]).find(isFile) ?? []);
  try {
    return Object.assign({}, ...found.map((file) => variablesOf(readYaml(file, 'a file of variables', scope.decrypt)))) as Record<string, unknown>;
  } catch (error) {
    scope.problems.take(error);
    return {};
  }
}

const promptKeys = ['name', 'prompt', 'default', 'private', 'confirm', 'encrypt', 'salt', 'salt_size', 'unsafe'];

export function varsPrompts(node: YamlNode | undefined, scope: LoadScope): readonly VarsPrompt[] {
  if (!node) return [];
  const prompts: VarsPrompt[] = [];
  for (const item of node.kind === 'list' ? node.items : [node]) {
    const name = item.kind === 'map' ? item.entries.get('name') : undefined;
    if (item.kind !== 'map' || !name) {
      scope.problems.add(new CtplayError('playbook.structure', "'vars_prompt' must name a variable", { span: item.span, expected: "a mapping with 'name' and 'prompt'", found: describeNode(item) }));
      continue;
    }
    for (const { key, keySpan } of item.entries.values()) {
      if (!promptKeys.includes(key)) scope.problems.add(new CtplayError('playbook.keyword', `'vars_prompt' has no '${key}'`, { span: keySpan, hint: didYouMean(key, promptKeys) ?? `It takes ${promptKeys.join(', ')}.` }));
    }
    const value = valueOf(item) as Record<string, unknown>;
    prompts.push({
      name: String(value.name),
      prompt: String(value.prompt ?? value.name),
      ...(value.default === undefined ? {} : { default: value.default }),
      private: value.private !== false,
      confirm: value.confirm === true,
      ...(value.encrypt === undefined || value.encrypt === null ? {} : { encrypt: String(value.encrypt) }),
      ...(value.salt === undefined || value.salt === null ? {} : { salt: String(value.salt) }),
      ...(value.salt_size === undefined || value.salt_size === null ? {} : { saltSize: Number(value.salt_size) }),
    });
  }
  return prompts;
}

const strategies: Readonly<Record<string, Play['strategy']>> = { free: 'free', host_pinned: 'free', linear: 'linear' };

export function strategyOf(node: YamlNode | undefined, scope: LoadScope): Play['strategy'] {
  const written = node ? valueOf(node) : null;
  if (written === null) return 'free';
  const strategy = strategies[String(written).replace(/^ansible\.builtin\./, '')];
  if (strategy) return strategy;
  scope.problems.add(new CtplayError('playbook.structure', `there is no strategy '${String(written)}'`, { span: node!.span, expected: 'free, host_pinned or linear', hint: didYouMean(String(written), Object.keys(strategies)) }));
  return 'free';
}

const orders = ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle'] as const;

export function orderOf(node: YamlNode | undefined, scope: LoadScope): Pick<Play, 'order'> {
  const written = node ? valueOf(node) : null;
  if (written === null) return {};
  const order = orders.find((one) => one === written);
  if (order) return { order };
  scope.problems.add(new CtplayError('playbook.structure', `there is no order '${String(written)}'`, { span: node!.span, expected: orders.join(', '), hint: didYouMean(String(written), orders) }));
  return {};
}
