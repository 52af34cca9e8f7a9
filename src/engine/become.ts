/** As whom a task's commands run. */
import { CtplayError } from '../errors.ts';
import { splitWords } from '../load/inventory/words.ts';
import type { Source } from '../load/tree.ts';
import { Secret } from '../shell.ts';
import type { Templar } from '../template/index.ts';
import type { Scope } from '../template/types.ts';
import type { Become } from '../transport/types.ts';
import { keyword, type Chain } from './chain.ts';
import type { RunSettings } from './options.ts';

/** Variables of the inventory (`ansible_become…`) win over keywords, keywords over the command line, as in Ansible. */
export function becomeOf(chain: Chain, scope: Scope, templar: Templar, settings: RunSettings, source: Source): Become | undefined {
  const variable = (...names: string[]): unknown => {
    for (const name of names) {
      const found = scope.lookup(name);
      if (found !== undefined && found.value !== null) return found.literal === true ? found.value : templar.render(found.value);
    }
    return undefined;
  };
  const given = (value: unknown): unknown => (value === undefined ? undefined : templar.render(value, { span: source.span }));
  const enabled = variable('ansible_become') ?? given(keyword(chain, 'become')) ?? settings.become.enabled;
  if (!truth(enabled, 'become', source)) return undefined;
  const method = String(variable('ansible_become_method') ?? given(keyword(chain, 'becomeMethod')) ?? settings.become.method);
  if (method !== 'sudo' && method !== 'su') {
    throw new CtplayError('task.unsupported', `become_method '${method}' is not supported`, { span: source.span, expected: 'sudo or su' });
  }
  const password = variable('ansible_become_password', 'ansible_become_pass');
  const secret = password === undefined ? settings.become.password : password instanceof Secret ? password : new Secret(String(password));
  const user = String(variable('ansible_become_user') ?? given(keyword(chain, 'becomeUser')) ?? settings.become.user);
  const program = variable('ansible_become_exe') ?? given(keyword(chain, 'becomeExe')) ?? settings.become.program;
  const flags = variable('ansible_become_flags') ?? given(keyword(chain, 'becomeFlags')) ?? settings.become.flags;
  return {
    method,
    user,
    ...(secret ? { password: secret } : {}),
    ...(program === undefined ? {} : { program: String(program) }),
    ...(flags === undefined ? {} : { options: splitWords(String(flags)).filter((word) => !aboutPasswords.includes(word)) }),
  };
}

/** Options of sudo that people copy from Ansible's defaults, and that follow from whether there is a password. */
const aboutPasswords: readonly string[] = ['-S', '--stdin', '-n', '--non-interactive'];

/** Ansible's booleans: yes/no, true/false, on/off, 1/0 and the like. */
export function truth(value: unknown, name: string, source: Source): boolean {
  if (typeof value === 'boolean') return value;
  const word = String(value).toLowerCase();
  if (['yes', 'true', 'on', '1', 'y', 't'].includes(word)) return true;
  if (['no', 'false', 'off', '0', 'n', 'f', ''].includes(word) || value === null || value === undefined) return false;
  throw new CtplayError('playbook.keyword', `'${name}' must be true or false`, { span: source.span, found: JSON.stringify(value) });
}
