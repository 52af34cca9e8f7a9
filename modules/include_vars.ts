import { Type, type Static } from 'typebox';
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { CtplayError } from '../src/errors.ts';
import { loadVarsFile } from '../src/load/playbook.ts';
import { defineAction } from '../src/module.ts';

const args = Type.Object({
  _raw_params: Type.Optional(Type.String({ description: 'The file, as the task has it after `include_vars:`.' })),
  file: Type.Optional(Type.String({ description: 'A file of variables, searched beside the playbook and in `vars/`.' })),
  dir: Type.Optional(Type.String({ description: 'A directory whose files of variables are read in the order of their names.' })),
  name: Type.Optional(Type.String({ description: 'Put all of it into this one variable.' })),
  depth: Type.Integer({ default: 0, minimum: 0, description: 'How deep to go into directories below `dir`; 0 is all the way.' }),
  files_matching: Type.Optional(Type.String({ description: 'A regular expression that the names of files in `dir` must match.' })),
  ignore_files: Type.Optional(Type.Array(Type.String(), { description: 'Regular expressions of names in `dir` to leave out.' })),
  extensions: Type.Array(Type.String(), { default: ['yaml', 'yml', 'json'], description: 'Extensions of files of variables.' }),
  ignore_unknown_extensions: Type.Boolean({ default: false, description: 'Leave out other files in `dir` instead of failing.' }),
  hash_behaviour: Type.Optional(Type.Enum(['replace', 'merge'], { description: 'What a mapping does with an earlier one of the same name in `dir`: take its place, or be merged with it.' })),
});
type Args = Static<typeof args>;
type Variables = Readonly<Record<string, unknown>>;

/** Variables from files, in the course of a play. */
export default defineAction({
  summary: 'Read variables from files of the controller',
  args,
  freeForm: '_raw_params',
  returnValues: { ansible_included_var_files: 'the paths of the files that were read', ansible_facts: 'the variables' },
  examples: `
- include_vars: "{{ ansible_distribution }}.yml"
- include_vars: {dir: vars/lab, name: lab}
`,
  *validate({ _raw_params, file, dir }) {
    if ([_raw_params, file, dir].filter((form) => form !== undefined).length !== 1) yield { path: [], message: 'include_vars needs either a file or a dir' };
  },
  run(given, context) {
    const files = given.dir === undefined ? [context.findFile('vars', given._raw_params ?? given.file!)] : filesIn(context.findFile('vars', given.dir), given, 1);
    const load = (file: string): Variables => (context.loadVariables ? context.loadVariables(file) : loadVarsFile(file));
    const merged = files.map(load).reduce((all, next) => (given.hash_behaviour === 'merge' ? merge(all, next) : { ...all, ...next }), {});
    return { facts: given.name === undefined ? { ...merged } : { [given.name]: merged }, values: { ansible_included_var_files: files } };
  },
});

function filesIn(directory: string, given: Args, level: number): string[] {
  const ignored = (given.ignore_files ?? []).map((pattern) => new RegExp(pattern));
  const matching = given.files_matching === undefined ? undefined : new RegExp(given.files_matching);
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const path = join(directory, name);
      if (statSync(path).isDirectory()) return given.depth === 0 || level < given.depth ? filesIn(path, given, level + 1) : [];
      if (ignored.some((pattern) => pattern.test(name)) || (matching && !matching.test(name))) return [];
      if (given.extensions.includes(extname(name).slice(1))) return [path];
      if (given.ignore_unknown_extensions || matching) return [];
      throw new CtplayError('file.unreadable', `${path} is no file of variables by its name`, { expected: `one of ${given.extensions.map((one) => `.${one}`).join(', ')}`, found: basename(path), hint: 'Set ignore_unknown_extensions: true to leave such files out.' });
    });
}

function merge(left: Variables, right: Variables): Variables {
  const entries = Object.entries(right).map(([key, value]) => [key, isMapping(left[key]) && isMapping(value) ? merge(left[key], value) : value] as const);
  return { ...left, ...Object.fromEntries(entries) };
}

function isMapping(value: unknown): value is Variables {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
