/** Ansible's tests on the results of tasks. */
import { define } from '../define.ts';
import { dictGet } from '../python/dict.ts';
import { equals, truthy } from '../python/compare.ts';
import { isDict, typeName, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

function flag(name: string, key: string, negated = false): Definition {
  return define('', (_, result) => {
    if (!isDict(result)) throw valueError(`The '${name}' test expects a dictionary`, `What it was given is of type ${typeName(result)}; a registered result is needed.`);
    return truthy(dictGet(result, key) ?? false) !== negated;
  });
}

/** A loop's result has changed when one of its items has. */
const changed = define('', (_, result) => {
  if (!isDict(result)) throw valueError("The 'changed' test expects a dictionary", `What it was given is of type ${typeName(result)}; a registered result is needed.`);
  const own = dictGet(result, 'changed');
  if (own !== undefined) return truthy(own);
  const items = dictGet(result, 'results');
  return Array.isArray(items) && items.some((item) => isDict(item) && truthy(dictGet(item, 'changed') ?? false));
});

/** Tasks that aren't asynchronous count as started and finished. */
function progress(key: string): Definition {
  return define('', (_, result) => {
    if (!isDict(result)) throw valueError(`The '${key}' test expects a dictionary`);
    const own = dictGet(result, key);
    return own === undefined || equals(own, 1);
  });
}

const failed = flag('failed', 'failed');
const success = flag('success', 'failed', true);
const skipped = flag('skipped', 'skipped');

export const resultTests: Readonly<Record<string, Definition>> = {
  change: changed,
  changed,
  failed,
  failure: failed,
  finished: progress('finished'),
  reachable: flag('reachable', 'unreachable', true),
  skip: skipped,
  skipped,
  started: progress('started'),
  succeeded: success,
  success,
  successful: success,
  unreachable: flag('unreachable', 'unreachable'),
};
