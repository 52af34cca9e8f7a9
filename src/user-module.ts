/** The user's own modules: files outside of ctplay that import its contract from 'ctplay', wherever they are. */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { CtplayError } from './errors.ts';
import type { AnyModule } from './registry.ts';

/** Loads a module from a file. Throws module.definition when it can't be loaded or exports no module. */
export async function importUserModule(file: string): Promise<AnyModule> {
  resolveCtplay();
  let loaded: { default?: Partial<AnyModule> };
  try {
    loaded = (await importFile(pathToFileURL(file).href)) as typeof loaded;
  } catch (cause) {
    throw new CtplayError('module.definition', `the module ${file} can't be loaded`, { found: describe(cause), detail: placesIn(cause, file), cause });
  }
  const { kind } = loaded.default ?? {};
  if (kind === 'module' || kind === 'action') return loaded.default as AnyModule;
  throw new CtplayError('module.definition', `${file} is no module`, {
    expected: 'a default export made by defineModule or defineAction',
    found: loaded.default === undefined ? 'no default export' : `a default export of the type ${typeof loaded.default}`,
    hint: "import { defineModule, sh, Type } from 'ctplay'; export default defineModule({ … })",
  });
}

/** Set by the build: where index.js is, seen from the bundle. */
declare const CTPLAY_INDEX: string | undefined;
/** Given to the bundle by what loads it, see cli/ctplay.ts. */
declare const CTPLAY_IMPORT: ((url: string) => Promise<unknown>) | undefined;

const importFile = (url: string): Promise<unknown> => (typeof CTPLAY_IMPORT === 'undefined' ? import(/* @vite-ignore */ url) : CTPLAY_IMPORT(url));

let resolving = false;

/**
 * Makes Node resolve 'ctplay' to this very copy, whatever is installed beside the file: classes such as CtplayError and Secret are
 * told apart by identity. https://nodejs.org/docs/latest-v20.x/api/module.html#customization-hooks
 */
function resolveCtplay(): void {
  if (resolving || typeof CTPLAY_INDEX === 'undefined') return;
  resolving = true;
  const index = new URL(CTPLAY_INDEX, import.meta.url).href;
  const hooks = `export const resolve = (name, context, next) => name === 'ctplay' ? { url: ${JSON.stringify(index)}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

function describe(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

/** The lines of a stack that are about the file: where in it the fault is. */
function placesIn(cause: unknown, file: string): string | undefined {
  if (!(cause instanceof Error) || cause.stack === undefined) return undefined;
  const lines = cause.stack.split('\n').filter((line) => line.includes(file)).map((line) => line.trim().replace(pathToFileURL(file).href, file));
  return lines.length === 0 ? undefined : lines.join('\n');
}
